using Postoffice.Store.Control;
using Postoffice.Store.Mail;

namespace Postoffice.Admin.Sendmail;

/// <summary>A command line of sendmail's grammar, understood.</summary>
internal sealed record SendmailOptions
{
    public SendmailMode Mode { get; init; }

    /// <summary><c>-C</c>: read with the caller's rights, like everything here.</summary>
    public string? ConfigurationFile { get; init; }

    /// <summary><c>-o name=value</c>: our own settings. Sendmail's (<c>-oi</c>, <c>-oem</c> …) never come here.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    public IReadOnlyList<string> Operands { get; init; } = [];

    /// <summary><c>-t</c>: recipients also from To, Cc and Bcc.</summary>
    public bool RecipientsFromHeader { get; init; }

    /// <summary><c>-f</c>, <c>-r</c>; empty or <c>&lt;&gt;</c> for the null reverse-path. Null when not given.</summary>
    public string? Sender { get; init; }

    /// <summary><c>-F</c>.</summary>
    public string? FullName { get; init; }

    /// <summary>Without <c>-i</c> a line holding only a dot ends the message, as does the end of input.</summary>
    public bool IgnoreDots { get; init; }

    public Notify Notify { get; init; }
    public Ret Ret { get; init; }
    public string? EnvelopeId { get; init; }

    /// <summary><c>-B</c>: <c>7BIT</c> or <c>8BITMIME</c>.</summary>
    public string? Body { get; init; }

    public bool Verbose { get; init; }

    /// <summary><c>-qR</c>, <c>-qS</c>, <c>-qI</c>, and <c>runq -R -S -I</c>: which recipients; null for all.</summary>
    public RunFilter? Run { get; init; }

    /// <summary><c>--json</c>: lists as objects, one a line.</summary>
    public bool Json { get; init; }

    /// <summary><c>-d</c>: with a daemon, stay in the foreground.</summary>
    public bool Debug { get; init; }

    /// <summary><c>-qTIME</c>: with a daemon, the runner too. The time itself says nothing any more: the retry schedule does.</summary>
    public bool QueueInterval { get; init; }
}

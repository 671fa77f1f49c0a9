using Postoffice.Store.Configuration;

namespace Postoffice.Runner.Pipelines;

/// <summary>How long a server may take for each step of a session (RFC 5321 §4.5.3.2), the whole reply included. Each 1 s to 1 h, but for a transaction.</summary>
internal sealed record PhaseTimeouts
{
    /// <summary><c>smtp-connect-timeout=</c>: one address; the RFC leaves it to TCP.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary><c>smtp-greeting-timeout=</c> (§4.5.3.2.1); EHLO, HELO and each step of AUTH have the same.</summary>
    public TimeSpan Greeting { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary><c>smtp-tls-timeout=</c>: STARTTLS until its reply, and then the handshake.</summary>
    public TimeSpan Tls { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary><c>smtp-mail-timeout=</c> (§4.5.3.2.2).</summary>
    public TimeSpan Mail { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary><c>smtp-rcpt-timeout=</c> (§4.5.3.2.3).</summary>
    public TimeSpan Rcpt { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary><c>smtp-data-timeout=</c> (§4.5.3.2.4).</summary>
    public TimeSpan Data { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary><c>smtp-content-timeout=</c>: until one block of content is taken (§4.5.3.2.5).</summary>
    public TimeSpan Content { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary><c>smtp-dot-timeout=</c>: from the final dot to its reply (§4.5.3.2.6). Shorter makes duplicates (RFC 1047).</summary>
    public TimeSpan Dot { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary><c>smtp-quit-timeout=</c>: nothing depends on it.</summary>
    public TimeSpan Quit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// <c>smtp-transaction-timeout=</c>: all of MAIL, RCPT, DATA and content together, 1 min to 1 d: each step may be slow, but not a hundred of
    /// them one after another. The final dot has its own time. Not less than a large message takes over a slow line.
    /// </summary>
    public TimeSpan Transaction { get; init; } = TimeSpan.FromHours(4);

    /// <exception cref="SettingException">A value cannot be used.</exception>
    public static PhaseTimeouts From(Settings settings)
    {
        var defaults = new PhaseTimeouts();
        return new PhaseTimeouts
        {
            Connect = Time("smtp-connect-timeout", defaults.Connect),
            Greeting = Time("smtp-greeting-timeout", defaults.Greeting),
            Tls = Time("smtp-tls-timeout", defaults.Tls),
            Mail = Time("smtp-mail-timeout", defaults.Mail),
            Rcpt = Time("smtp-rcpt-timeout", defaults.Rcpt),
            Data = Time("smtp-data-timeout", defaults.Data),
            Content = Time("smtp-content-timeout", defaults.Content),
            Dot = Time("smtp-dot-timeout", defaults.Dot),
            Quit = Time("smtp-quit-timeout", defaults.Quit),
            Transaction = settings.Time("smtp-transaction-timeout", defaults.Transaction, TimeSpan.FromMinutes(1), TimeSpan.FromDays(1)),
        };

        TimeSpan Time(string name, TimeSpan otherwise) =>
            settings.Time(name, otherwise, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
    }
}

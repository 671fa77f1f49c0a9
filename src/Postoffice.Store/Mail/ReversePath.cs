using System.Diagnostics.CodeAnalysis;

namespace Postoffice.Store.Mail;

/// <summary>The return path of the envelope: where bounces go, or nowhere (RFC 5321 §4.1.2, §4.5.5).</summary>
public sealed record ReversePath
{
    /// <summary><c>&lt;&gt;</c>: bounces and other notices, which are never answered by a bounce.</summary>
    public static readonly ReversePath Null = new((Mailbox?)null);

    private ReversePath(Mailbox? mailbox) => Mailbox = mailbox;

    /// <summary>Null for the null reverse-path.</summary>
    public Mailbox? Mailbox { get; }

    /// <summary>Whether this is <c>&lt;&gt;</c>.</summary>
    public bool IsNull => Mailbox is null;

    /// <summary>The reverse-path that names a mailbox.</summary>
    public static ReversePath Of(Mailbox mailbox)
    {
        ArgumentNullException.ThrowIfNull(mailbox);
        return new ReversePath(mailbox);
    }

    /// <summary>Takes what stands between the angle brackets; nothing is the null reverse-path. A source route is dropped.</summary>
    /// <param name="path">As sent, without brackets.</param>
    /// <param name="smtpUtf8">Whether the command carries SMTPUTF8 (RFC 6531 §3.4).</param>
    /// <param name="reversePath">The path.</param>
    /// <param name="localPartOnly">Whether a local part alone will do (local submission).</param>
    public static bool TryParse(
        ReadOnlySpan<char> path, bool smtpUtf8, [NotNullWhen(true)] out ReversePath? reversePath, bool localPartOnly = false)
    {
        reversePath = null;
        if (path.IsEmpty) reversePath = Null;
        else if (SourceRoute.TryDrop(ref path, smtpUtf8) && Mailbox.TryParse(path, smtpUtf8, out var mailbox, localPartOnly))
            reversePath = new ReversePath(mailbox);

        return reversePath is not null;
    }

    /// <summary>Reads back what <see cref="ToString"/> wrote, as our own journal holds it.</summary>
    /// <exception cref="FormatException">It is no reverse-path: the stored text is damaged.</exception>
    public static ReversePath Parse(string canonical)
    {
        ArgumentNullException.ThrowIfNull(canonical);
        return canonical.Length == 0 ? Null : new ReversePath(Mailbox.Parse(canonical));
    }

    /// <summary>The canonical form without brackets; empty for the null reverse-path.</summary>
    public override string ToString() => Mailbox?.ToString() ?? "";
}

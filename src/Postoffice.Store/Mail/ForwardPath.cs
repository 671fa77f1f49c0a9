using System.Diagnostics.CodeAnalysis;

namespace Postoffice.Store.Mail;

/// <summary>A recipient of the envelope (RFC 5321 §4.1.2).</summary>
public sealed record ForwardPath
{
    private const string Postmaster = "postmaster";

    private ForwardPath(Mailbox mailbox) => Mailbox = mailbox;

    /// <summary>Whom it is for.</summary>
    public Mailbox Mailbox { get; }

    /// <summary>The forward-path that names a mailbox.</summary>
    public static ForwardPath To(Mailbox mailbox)
    {
        ArgumentNullException.ThrowIfNull(mailbox);
        return new ForwardPath(mailbox);
    }

    /// <summary>
    /// Takes what stands between the angle brackets. <c>postmaster</c> needs no domain and is read without case
    /// (RFC 5321 §4.1.1.3); a source route is dropped (§3.6.1, appendix C), so it never decides where mail goes.
    /// </summary>
    /// <param name="path">As sent, without brackets.</param>
    /// <param name="smtpUtf8">Whether SMTPUTF8 came with MAIL (RFC 6531 §3.4).</param>
    /// <param name="forwardPath">The path.</param>
    /// <param name="localPartOnly">Whether a local part alone will do (local submission).</param>
    public static bool TryParse(
        ReadOnlySpan<char> path, bool smtpUtf8, [NotNullWhen(true)] out ForwardPath? forwardPath, bool localPartOnly = false)
    {
        forwardPath = null;
        if (path.Equals(Postmaster, StringComparison.OrdinalIgnoreCase)) forwardPath = Parse(Postmaster);
        else if (SourceRoute.TryDrop(ref path, smtpUtf8) && Mailbox.TryParse(path, smtpUtf8, out var mailbox, localPartOnly))
            forwardPath = new ForwardPath(mailbox);

        return forwardPath is not null;
    }

    /// <summary>Reads back what <see cref="ToString"/> wrote, as our own journal holds it.</summary>
    /// <exception cref="FormatException">It is no forward-path: the stored text is damaged.</exception>
    public static ForwardPath Parse(string canonical) => new(Mailbox.Parse(canonical));

    /// <summary>The canonical form without brackets.</summary>
    public override string ToString() => Mailbox.ToString();
}

using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Postoffice.Store.Mail;

/// <summary>
/// A mailbox: local part and domain or address literal (RFC 5321 §4.1.2), or a local part alone, as a local program may
/// give it and as in <c>postmaster</c>. Equal are mailboxes of the same canonical form: domains compare without case,
/// local parts exactly (RFC 5321 §2.4).
/// </summary>
/// <remarks>
/// The local part is data. No character in it means anything to us: not <c>%</c>, <c>!</c>, <c>|</c>, <c>/</c> nor
/// <c>:include:</c>. A quoted local part is stored without its quotes and written with them where it needs them, so
/// <c>"a"@b</c> and <c>a@b</c> are one mailbox.
/// </remarks>
public sealed record Mailbox
{
    /// <summary>Limit of the local part in octets of its canonical form, quotes included (RFC 5321 §4.5.3.1.1).</summary>
    public const int MaxLocalPartOctets = 64;

    /// <summary>Limit of the canonical form in octets: a path's 256 less its brackets (RFC 5321 §4.5.3.1.3).</summary>
    public const int MaxOctets = 254;

    /// <summary>Beyond this nothing canonical can come out within the limits, so nothing is parsed.</summary>
    internal const int MaxInputCharacters = 1_024;

    private readonly string canonical;

    private Mailbox(string localPart, string writtenLocalPart, DomainName? domain, AddressLiteral? literal)
    {
        LocalPart = localPart;
        Domain = domain;
        Literal = literal;
        canonical = domain is null && literal is null ? writtenLocalPart : $"{writtenLocalPart}@{DomainPart}";
    }

    /// <summary>The local part itself, without quotes and backslashes; may be empty and may hold any printable character.</summary>
    public string LocalPart { get; }

    /// <summary>The domain; null for an address literal and for a local part alone.</summary>
    public DomainName? Domain { get; }

    /// <summary>The address literal; null for a domain and for a local part alone.</summary>
    public AddressLiteral? Literal { get; }

    /// <summary>What stands behind the <c>@</c>, in canonical form; empty for a local part alone.</summary>
    public string DomainPart => Domain?.Value ?? Literal?.ToString() ?? "";

    /// <summary>A local part alone: the system's own, until <see cref="At"/> says where.</summary>
    public bool IsLocalPartOnly => Domain is null && Literal is null;

    /// <summary>False needs SMTPUTF8 at the next hop (RFC 6531 §3.1): the domain is ASCII in any case, the local part may not be.</summary>
    public bool IsAscii => System.Text.Ascii.IsValid(LocalPart);

    /// <summary>Takes a mailbox without angle brackets.</summary>
    /// <param name="text">As sent; octets become characters by <see cref="MailText.TryDecodeUtf8"/>, never by replacement.</param>
    /// <param name="smtpUtf8">Whether SMTPUTF8 is in force: without it everything is ASCII, the domain too.</param>
    /// <param name="mailbox">The mailbox, within all limits.</param>
    /// <param name="localPartOnly">Whether a local part alone will do (local submission).</param>
    public static bool TryParse(
        ReadOnlySpan<char> text, bool smtpUtf8, [NotNullWhen(true)] out Mailbox? mailbox, bool localPartOnly = false)
    {
        mailbox = null;
        if (text.IsEmpty || text.Length > MaxInputCharacters) return false;
        if (!smtpUtf8 && !System.Text.Ascii.IsValid(text)) return false;
        if (!LocalPartGrammar.TryRead(text, out var localPart, out var taken)) return false;

        DomainName? domain = null;
        AddressLiteral? literal = null;
        var rest = text[taken..];
        if (rest.IsEmpty)
        {
            if (!localPartOnly) return false;
        }
        else if (rest[0] != '@' || !(DomainName.TryParse(rest[1..], out domain) || AddressLiteral.TryParse(rest[1..], out literal)))
        {
            return false;
        }

        var written = LocalPartGrammar.Write(localPart);
        if (Encoding.UTF8.GetByteCount(written) > MaxLocalPartOctets) return false;

        var candidate = new Mailbox(localPart, written, domain, literal);
        if (Encoding.UTF8.GetByteCount(candidate.canonical) > MaxOctets) return false;

        mailbox = candidate;
        return true;
    }

    /// <summary>Reads back what <see cref="ToString"/> wrote, as our own journal holds it.</summary>
    /// <exception cref="FormatException">It is no mailbox: the stored text is damaged.</exception>
    public static Mailbox Parse(string canonical) =>
        TryParse(canonical, smtpUtf8: true, out var mailbox, localPartOnly: true)
            ? mailbox
            : throw new FormatException($"'{PrintableText.Escape(canonical)}' is no mailbox");

    /// <summary>The same local part at a domain; null when that is longer than a mailbox may be.</summary>
    public Mailbox? At(DomainName domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        var moved = new Mailbox(LocalPart, LocalPartGrammar.Write(LocalPart), domain, literal: null);
        return Encoding.UTF8.GetByteCount(moved.canonical) <= MaxOctets ? moved : null;
    }

    /// <summary>The canonical form, without angle brackets.</summary>
    public override string ToString() => canonical;

    /// <inheritdoc/>
    public bool Equals(Mailbox? other) => other is not null && canonical == other.canonical;

    /// <inheritdoc/>
    public override int GetHashCode() => canonical.GetHashCode(StringComparison.Ordinal);
}

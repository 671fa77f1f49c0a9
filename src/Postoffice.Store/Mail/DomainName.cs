using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Postoffice.Store.Native;

namespace Postoffice.Store.Mail;

/// <summary>
/// A domain name in the one form we store and compare: lower case, A-labels (RFC 5890 §2.3.2.1), no trailing dot.
/// Equality is equality of <see cref="Value"/>.
/// </summary>
/// <remarks>
/// Letters, digits and hyphens (RFC 5321 §4.1.2), and the underscore, which the RFC does not know but hosts on the
/// Internet use and Postfix takes. A last label of digits only is no domain: it would be an address without brackets.
/// An ASCII label that begins with <c>xn--</c> is taken as it is.
/// </remarks>
public sealed record DomainName
{
    /// <summary>Limit of the canonical form in octets (RFC 5321 §4.5.3.1.2).</summary>
    public const int MaxOctets = 255;

    private const int MaxLabelOctets = 63; // RFC 1035 §2.3.4

    private static readonly SearchValues<char> LabelCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    private DomainName(string value) => Value = value;

    /// <summary>The canonical form, 1 to 255 ASCII characters.</summary>
    public string Value { get; }

    /// <summary>Takes a domain in any case, with U-labels or A-labels, with or without the root's dot.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out DomainName? domain)
    {
        domain = null;
        if (text.IsEmpty || text.Length > MaxOctets + 1) return false; // an A-label is never shorter than its U-label
        if (System.Text.Ascii.IsValid(text)) return TryParseAscii(text, out domain);

        return IsText(text) && Libidn2.TryToAscii(text.ToString(), out var ascii) && TryParseAscii(ascii, out domain);
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static bool TryParseAscii(ReadOnlySpan<char> text, [NotNullWhen(true)] out DomainName? domain)
    {
        domain = null;
        if (text.EndsWith('.')) text = text[..^1];
        if (text.IsEmpty || text.Length > MaxOctets) return false;

        ReadOnlySpan<char> last = default;
        foreach (var range in text.Split('.'))
        {
            last = text[range];
            if (!IsLabel(last)) return false;
        }

        if (!last.ContainsAnyExceptInRange('0', '9')) return false;

        domain = new DomainName(string.Create(text.Length, text, static (target, source) => source.ToLowerInvariant(target)));
        return true;
    }

    private static bool IsLabel(ReadOnlySpan<char> label) =>
        label.Length is > 0 and <= MaxLabelOctets
        && label[0] != '-' && label[^1] != '-'
        && !label.ContainsAnyExcept(LabelCharacters);

    /// <summary>No NUL, which would end the string for libidn2, no half of a surrogate pair, no replaced octet.</summary>
    private static bool IsText(ReadOnlySpan<char> text)
    {
        if (text.Contains('\0') || text.Contains('\uFFFD')) return false;
        return MailText.IsWellFormed(text);
    }
}

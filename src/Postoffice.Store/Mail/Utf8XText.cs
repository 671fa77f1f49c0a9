using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Postoffice.Store.Mail;

/// <summary>
/// Addresses of type <c>utf-8</c> where only ASCII may stand: <c>\x{…}</c> and a code point for each character that is not visible ASCII, and
/// for the three that mean something (RFC 6533 §3, utf-8-addr-xtext).
/// </summary>
public static class Utf8XText
{
    private const string Begin = "\\x{";
    private const int MaxDigits = 6;

    /// <summary>
    /// Takes every <c>\x{…}</c> for its character. A backslash with anything else behind it stays: senders that know nothing of this wrote it.
    /// </summary>
    /// <param name="encoded">May have characters beyond ASCII as they are (utf-8-addr-unitext).</param>
    /// <param name="text">Without controls, each surrogate with its other half.</param>
    public static bool TryDecode(ReadOnlySpan<char> encoded, [NotNullWhen(true)] out string? text)
    {
        var decoded = new StringBuilder(encoded.Length);
        for (var at = encoded.IndexOf(Begin, StringComparison.Ordinal); at >= 0; at = encoded.IndexOf(Begin, StringComparison.Ordinal))
        {
            decoded.Append(encoded[..at]);
            encoded = encoded[at..];
            var end = encoded.IndexOf('}');
            if (end >= 0 && TryPoint(encoded[Begin.Length..end], out var rune))
            {
                decoded.Append(rune);
                encoded = encoded[(end + 1)..];
            }
            else
            {
                decoded.Append(encoded[..Begin.Length]);
                encoded = encoded[Begin.Length..];
            }
        }
        text = decoded.Append(encoded).ToString();
        return MailText.IsWellFormed(text) && !MailText.HasControl(text);
    }

    /// <param name="text">Well formed.</param>
    public static string Encode(string text)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is > ' ' and < 0x7F and not ('\\' or '+' or '=')) encoded.Append(rune);
            else encoded.Append(CultureInfo.InvariantCulture, $"{Begin}{rune.Value:X2}}}");
        }
        return encoded.ToString();
    }

    private static bool TryPoint(ReadOnlySpan<char> digits, out Rune rune)
    {
        rune = default;
        return digits.Length is > 0 and <= MaxDigits
            && int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var point)
            && Rune.TryCreate(point, out rune);
    }
}

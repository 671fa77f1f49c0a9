using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Postoffice.Store.Mail;

/// <summary>What characters from outside may become part of a stored value, and how octets become characters.</summary>
public static class MailText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly SearchValues<char> Controls =
        SearchValues.Create([.. Enumerable.Range(0, 0x2030).Select(static c => (char)c).Where(IsControl)]);

    /// <summary>Octets as UTF-8 (RFC 3629), or nothing: an overlong form, a surrogate or a cut sequence is never replaced.</summary>
    public static bool TryDecodeUtf8(ReadOnlySpan<byte> octets, [NotNullWhen(true)] out string? text)
    {
        text = System.Text.Unicode.Utf8.IsValid(octets) ? Strict.GetString(octets) : null;
        return text is not null;
    }

    /// <summary>
    /// Controls of ASCII and of ISO 8859-1 (NEL among them), and the two separators of Unicode that some programs
    /// take for a line end. None of these is ever part of an address, a parameter or a header field.
    /// </summary>
    public static bool IsControl(char c) => c < ' ' || c is (>= '\u007F' and <= '\u009F') or '\u2028' or '\u2029';

    /// <summary>Whether any character is one of these.</summary>
    public static bool HasControl(ReadOnlySpan<char> text) => text.ContainsAny(Controls);

    /// <summary>Every surrogate has its other half, so that the text has a UTF-8 form.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        for (var at = text.IndexOfAnyInRange('\uD800', '\uDFFF'); at >= 0; at = text.IndexOfAnyInRange('\uD800', '\uDFFF'))
        {
            if (at + 1 >= text.Length || !char.IsSurrogatePair(text[at], text[at + 1])) return false;
            text = text[(at + 2)..];
        }

        return true;
    }
}

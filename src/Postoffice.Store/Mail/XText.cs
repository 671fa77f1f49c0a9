using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Postoffice.Store.Mail;

/// <summary>xtext, the encoding of DSN and AUTH parameters: <c>+</c> and two hexadecimal digits for an octet (RFC 3461 §4).</summary>
public static class XText
{
    private static readonly SearchValues<char> NotPlain = SearchValues.Create("+=");

    /// <summary>
    /// Decodes to text without controls: a line end smuggled in as <c>+0A</c> is no text. Octets above 127 must be UTF-8.
    /// Lower-case digits are taken too, as Postfix does.
    /// </summary>
    /// <param name="encoded">Printable ASCII without blanks.</param>
    /// <param name="text">What it stands for.</param>
    public static bool TryDecode(ReadOnlySpan<char> encoded, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (encoded.ContainsAnyExceptInRange('!', '~')) return false;

        var octets = new ArrayBufferWriter<byte>(Math.Max(encoded.Length, 1));
        while (!encoded.IsEmpty)
        {
            var plain = encoded.IndexOfAny(NotPlain);
            if (plain < 0) plain = encoded.Length;
            octets.Advance(Encoding.UTF8.GetBytes(encoded[..plain], octets.GetSpan(plain)));
            encoded = encoded[plain..];
            if (encoded.IsEmpty) break;

            if (encoded[0] != '+' || encoded.Length < 3) return false;
            if (!char.IsAsciiHexDigit(encoded[1]) || !char.IsAsciiHexDigit(encoded[2])) return false;
            octets.Write([byte.Parse(encoded[1..3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)]);
            encoded = encoded[3..];
        }

        if (!MailText.TryDecodeUtf8(octets.WrittenSpan, out var decoded) || MailText.HasControl(decoded)) return false;

        text = decoded;
        return true;
    }

    /// <summary>The encoded form; characters outside ASCII go octet by octet as UTF-8.</summary>
    public static string Encode(ReadOnlySpan<char> text)
    {
        var octets = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var encoded = new StringBuilder(text.Length);
        foreach (var octet in octets.AsSpan(0, Encoding.UTF8.GetBytes(text, octets)))
        {
            if (octet is >= (byte)'!' and <= (byte)'~' and not ((byte)'+' or (byte)'=')) encoded.Append((char)octet);
            else encoded.Append('+').Append(octet.ToString("X2", CultureInfo.InvariantCulture));
        }

        return encoded.ToString();
    }
}

using System.Buffers;
using System.Text;
using Postoffice.Store.Mail;

namespace Postoffice.Admin.Sendmail;

/// <summary>The header section of a submitted message, in canonical form: who it is for, and what of it is sent on.</summary>
internal sealed class MessageHeader
{
    /// <summary>More octets of header than this are refused: they are kept in memory.</summary>
    public const int MaxOctets = 1 << 20;

    private readonly List<Field> fields = [];

    private readonly record struct Field(string Name, byte[] Octets);

    private MessageHeader() { }

    /// <summary>Reads the fields; an envelope line of an mbox ("From …") in front is dropped, as Postfix does.</summary>
    /// <param name="octets">What <see cref="LengthOf"/> measured.</param>
    public static MessageHeader Parse(ReadOnlySpan<byte> octets)
    {
        var header = new MessageHeader();
        if (IsMboxLine(octets)) octets = octets[LineLength(octets)..];
        while (!octets.IsEmpty)
        {
            var length = LineLength(octets);
            while (length < octets.Length && octets[length] is (byte)' ' or (byte)'\t') length += LineLength(octets[length..]);
            header.fields.Add(new Field(NameOf(octets[..length]) ?? "", octets[..length].ToArray()));
            octets = octets[length..];
        }
        return header;
    }

    /// <summary>Octets of the header at the front of a message, without the empty line; the body begins behind.</summary>
    /// <param name="octets">Canonical lines.</param>
    /// <param name="isAll">Nothing follows them.</param>
    /// <returns>Null when the end is not in sight yet.</returns>
    public static int? LengthOf(ReadOnlySpan<byte> octets, bool isAll)
    {
        var at = 0;
        while (true)
        {
            var rest = octets[at..];
            if (rest.IsEmpty || rest.IndexOf("\r\n"u8) < 0) return isAll ? at : null; // canonical: a last line has its end
            var continues = at > 0 && rest[0] is (byte)' ' or (byte)'\t';
            if (!continues && !(at == 0 && IsMboxLine(rest)) && NameOf(rest) is null) return at;
            at += LineLength(rest);
        }
    }

    /// <summary>Whether a field of this name is there.</summary>
    public bool Has(string name) => fields.Any(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>To, Cc and Bcc; of a resent message the Resent- fields alone (RFC 5322 §3.6.6), as Postfix does.</summary>
    public IReadOnlyList<ListedAddress> Recipients()
    {
        string[] resent = ["Resent-To", "Resent-Cc", "Resent-Bcc"];
        string[] names = resent.Any(Has) ? resent : ["To", "Cc", "Bcc"];
        return [.. fields.Where(field => names.Contains(field.Name, StringComparer.OrdinalIgnoreCase)).SelectMany(field => AddressList.Parse(Value(field)))];
    }

    /// <summary>What is sent on: everything but Bcc and Resent-Bcc, which no recipient may see.</summary>
    public void WriteTo(IBufferWriter<byte> content)
    {
        foreach (var field in fields)
        {
            if (!field.Name.Equals("Bcc", StringComparison.OrdinalIgnoreCase) && !field.Name.Equals("Resent-Bcc", StringComparison.OrdinalIgnoreCase))
            {
                content.Write(field.Octets);
            }
        }
    }

    private static string Value(Field field)
    {
        var octets = field.Octets.AsSpan(field.Octets.AsSpan().IndexOf((byte)':') + 1);
        var text = MailText.TryDecodeUtf8(octets, out var utf8) ? utf8 : Encoding.Latin1.GetString(octets);
        return text.Replace("\r\n", "");
    }

    private static bool IsMboxLine(ReadOnlySpan<byte> line) => line.StartsWith("From "u8) || line.StartsWith(">From "u8);

    private static int LineLength(ReadOnlySpan<byte> octets)
    {
        var end = octets.IndexOf("\r\n"u8);
        return end < 0 ? octets.Length : end + 2;
    }

    /// <summary>The name in front of the colon; blanks before the colon are the obsolete syntax (RFC 5322 §4.5). Null when the line is no field.</summary>
    private static string? NameOf(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0) return null;
        var name = line[..colon].TrimEnd(" \t"u8);
        return name.IsEmpty || name.ContainsAnyExceptInRange((byte)'!', (byte)'~') ? null : Encoding.Latin1.GetString(name);
    }
}

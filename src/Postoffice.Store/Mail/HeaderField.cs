using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Postoffice.Store.Mail;

/// <summary>
/// One header field (RFC 5322 §2.2) that is safe to write: nothing in it can end the field, begin another or end the
/// header.
/// </summary>
public sealed record HeaderField
{
    /// <summary>Octets of one line without its CRLF (RFC 5322 §2.1.1).</summary>
    public const int MaxLineOctets = 998;

    /// <summary>Takes a field we compose.</summary>
    /// <param name="name">Printable ASCII without colon and blanks.</param>
    /// <param name="value">Text, in UTF-8 when written; a line end only as CRLF before a line that begins with a blank and is not blank.</param>
    /// <exception cref="ArgumentException">Such a name or value would break the header.</exception>
    public HeaderField(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        if (!IsName(name)) throw new ArgumentException($"'{PrintableText.Escape(name)}' cannot name a header field", nameof(name));
        if (!IsValue(name, value))
            throw new ArgumentException($"'{PrintableText.Escape(value)}' cannot be the value of {name}", nameof(value));

        Name = name;
        Value = value;
    }

    /// <summary>As written; fields are compared without case (RFC 5322 §2.2).</summary>
    public string Name { get; }

    /// <summary>Folded as it will be written, without the blank behind the colon.</summary>
    public string Value { get; }

    /// <summary>Takes a field that comes from outside, as from a filter.</summary>
    public static bool TryCreate(string name, string value, [NotNullWhen(true)] out HeaderField? field)
    {
        field = IsName(name) && IsValue(name, value) ? new HeaderField(name, value) : null;
        return field is not null;
    }

    /// <summary>Whether this field has that name.</summary>
    public bool IsNamed(ReadOnlySpan<char> name) => name.Equals(Name, StringComparison.OrdinalIgnoreCase);

    /// <summary>Writes <c>Name: Value</c> and CRLF.</summary>
    public void WriteTo(IBufferWriter<byte> octets)
    {
        Encoding.UTF8.GetBytes(Name, octets);
        octets.Write(": "u8);
        Encoding.UTF8.GetBytes(Value, octets);
        octets.Write("\r\n"u8);
    }

    /// <summary>The field without its last CRLF.</summary>
    public override string ToString() => $"{Name}: {Value}";

    private static bool IsName(ReadOnlySpan<char> name) => // ftext, RFC 5322 §3.6.8
        name.Length is > 0 and <= MaxLineOctets - 2 && !name.ContainsAnyExceptInRange('!', '~') && !name.Contains(':');

    private static bool IsValue(string name, ReadOnlySpan<char> value)
    {
        if (!MailText.IsWellFormed(value)) return false;

        var room = MaxLineOctets - name.Length - ": ".Length;
        var first = true;
        foreach (var range in value.Split("\r\n"))
        {
            var line = value[range];
            if (line.ContainsAny('\r', '\n', '\0') || Encoding.UTF8.GetByteCount(line) > room) return false;
            if (!first && (!(line.StartsWith(' ') || line.StartsWith('\t')) || !line.ContainsAnyExcept(' ', '\t'))) return false;
            first = false;
            room = MaxLineOctets;
        }

        return true;
    }
}

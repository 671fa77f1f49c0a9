using System.Diagnostics.CodeAnalysis;

namespace Postoffice.Store.Mail;

/// <summary>
/// The recipient as the sender first named it: ORCPT (RFC 3461 §4.2). It is reported back in DSNs and never decides where
/// mail goes.
/// </summary>
public sealed record OriginalRecipient
{
    /// <summary>Longest ORCPT in encoded characters (RFC 3461 §4.2).</summary>
    public const int MaxCharacters = 500;

    /// <summary>The type of addresses beyond ASCII (RFC 6533 §3).</summary>
    public const string Utf8Type = "utf-8";

    private OriginalRecipient(string addressType, string address)
    {
        AddressType = addressType;
        Address = address;
    }

    /// <summary>Lower case, as registered with IANA; nearly always <c>rfc822</c>, or <c>utf-8</c> (RFC 6533 §3).</summary>
    public string AddressType { get; }

    /// <summary>The address, out of its encoding; without controls.</summary>
    public string Address { get; }

    /// <summary>Takes <c>rfc822;bob+40example.test</c>.</summary>
    /// <param name="value">What stands after <c>ORCPT=</c>.</param>
    /// <param name="smtpUtf8">Whether SMTPUTF8 is in force: then an address of type <c>utf-8</c> may come unencoded (RFC 6533 §3).</param>
    /// <param name="recipient">The recipient.</param>
    public static bool TryParse(ReadOnlySpan<char> value, bool smtpUtf8, [NotNullWhen(true)] out OriginalRecipient? recipient)
    {
        recipient = null;
        return value.Length <= MaxCharacters && TryRead(value, smtpUtf8, out recipient);
    }

    /// <summary>Reads back what <see cref="ToString"/> wrote, as our own journal holds it.</summary>
    /// <exception cref="FormatException">It is no original recipient: the stored text is damaged.</exception>
    public static OriginalRecipient Parse(string stored) =>
        TryRead(stored, smtpUtf8: true, out var recipient)
            ? recipient
            : throw new FormatException($"'{PrintableText.Escape(stored)}' is no original recipient");

    /// <summary>The value as it goes after <c>ORCPT=</c>: all ASCII, which may make it longer than it came.</summary>
    public override string ToString() => $"{AddressType};{(AddressType == Utf8Type ? Utf8XText.Encode(Address) : XText.Encode(Address))}";

    private static bool TryRead(ReadOnlySpan<char> value, bool smtpUtf8, [NotNullWhen(true)] out OriginalRecipient? recipient)
    {
        recipient = null;
        var separator = value.IndexOf(';');
        if (separator < 0) return false;

        var type = value[..separator];
        var encoded = value[(separator + 1)..];
        if (!IsAtom(type) || encoded.IsEmpty) return false;

        var isUtf8 = type.Equals(Utf8Type, StringComparison.OrdinalIgnoreCase);
        string? address;
        if (isUtf8 && smtpUtf8 && !System.Text.Ascii.IsValid(encoded)) address = encoded.ToString();
        else if (!XText.TryDecode(encoded, out address)) return false;
        if (isUtf8 && !Utf8XText.TryDecode(address, out address)) return false;

        recipient = new OriginalRecipient(type.ToString().ToLowerInvariant(), address);
        return true;
    }

    private static bool IsAtom(ReadOnlySpan<char> type)
    {
        if (type.IsEmpty) return false;
        foreach (var c in type)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')) return false;
        }

        return true;
    }
}

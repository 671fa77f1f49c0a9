using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Postoffice.Store.Mail;

/// <summary>
/// An address in brackets in place of a domain: <c>[192.0.2.1]</c> or <c>[IPv6:2001:db8::1]</c> (RFC 5321 §4.1.3).
/// An IPv4-mapped IPv6 address is the IPv4 address. General-address-literals are not taken: no other family is in use.
/// </summary>
public sealed record AddressLiteral
{
    private const string Ipv6Tag = "IPv6:";

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789ABCDEFabcdef");

    private AddressLiteral(IPAddress address) => Address = address;

    /// <summary>The address, never IPv4-mapped, never with a scope.</summary>
    public IPAddress Address { get; }

    /// <summary>Takes the literal with its brackets.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out AddressLiteral? literal)
    {
        literal = null;
        if (text.Length < 2 || text[0] != '[' || text[^1] != ']') return false;
        var inner = text[1..^1];

        IPAddress? address;
        var read = inner.StartsWith(Ipv6Tag, StringComparison.OrdinalIgnoreCase)
            ? TryParseIpv6(inner[Ipv6Tag.Length..], out address)
            : TryParseIpv4(inner, out address);
        if (!read) return false;

        literal = new AddressLiteral(address!);
        return true;
    }

    /// <summary>
    /// A bare address as configuration and peers write it: four decimal octets without leading zeros, or the text forms
    /// of RFC 4291 §2.2. No short, octal or hexadecimal IPv4, no scope, no brackets, no port, no blanks.
    /// </summary>
    /// <param name="text">The whole text is the address.</param>
    /// <param name="address">IPv4 also for an IPv4-mapped IPv6 address.</param>
    public static bool TryParseAddress(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address) =>
        text.Contains(':') ? TryParseIpv6(text, out address) : TryParseIpv4(text, out address);

    /// <summary>The literal of an address; a scope is dropped, an IPv4-mapped address becomes IPv4.</summary>
    public static AddressLiteral From(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.IsIPv4MappedToIPv6) return new AddressLiteral(address.MapToIPv4());
        return new AddressLiteral(address.AddressFamily == AddressFamily.InterNetworkV6
            ? new IPAddress(address.GetAddressBytes())
            : address);
    }

    /// <summary>The canonical form with brackets; IPv6 as in RFC 5952.</summary>
    public override string ToString() =>
        Address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{Ipv6Tag}{Address}]" : $"[{Address}]";

    private static bool TryParseIpv4(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        Span<byte> octets = stackalloc byte[4];
        address = TryReadIpv4(text, octets) ? new IPAddress(octets) : null;
        return address is not null;
    }

    private static bool TryReadIpv4(ReadOnlySpan<char> text, Span<byte> octets)
    {
        const int longest = 15; // 255.255.255.255
        if (text.Length > longest) return false;

        var count = 0;
        foreach (var range in text.Split('.'))
        {
            var part = text[range];
            if (count == 4 || part.Length is 0 or > 3 || (part.Length > 1 && part[0] == '0')) return false;
            if (part.ContainsAnyExceptInRange('0', '9')) return false; // the framework's parser takes NULs behind a number
            if (!byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out octets[count++])) return false;
        }

        return count == 4;
    }

    private static bool TryParseIpv6(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        const int longest = 45; // six groups of four digits and an IPv4 address
        if (text.Length is < 2 or > longest) return false;

        Span<byte> octets = stackalloc byte[16];
        octets.Clear();
        var gap = text.IndexOf("::");
        if (gap < 0)
        {
            if (!TryReadGroups(text, octets, out var filled) || filled != octets.Length) return false;
        }
        else
        {
            Span<byte> tail = stackalloc byte[16];
            if (!TryReadGroups(text[..gap], octets, out var before, mayEndInIpv4: false)) return false;
            if (!TryReadGroups(text[(gap + 2)..], tail, out var after)) return false;
            if (before + after > octets.Length - 2) return false; // '::' stands for one group at least (RFC 4291 §2.2)
            octets[before..].Clear();
            tail[..after].CopyTo(octets[(octets.Length - after)..]);
        }

        var read = new IPAddress(octets);
        address = read.IsIPv4MappedToIPv6 ? read.MapToIPv4() : read;
        return true;
    }

    /// <summary>Groups between single colons, the last perhaps in dotted form; nothing at all is no groups.</summary>
    private static bool TryReadGroups(ReadOnlySpan<char> text, Span<byte> octets, out int filled, bool mayEndInIpv4 = true)
    {
        filled = 0;
        if (text.IsEmpty) return true;

        foreach (var range in text.Split(':'))
        {
            var group = text[range];
            if (mayEndInIpv4 && range.End.GetOffset(text.Length) == text.Length && group.Contains('.'))
            {
                if (filled + 4 > octets.Length || !TryReadIpv4(group, octets[filled..])) return false;
                filled += 4;
                continue;
            }

            if (filled + 2 > octets.Length || group.Length is 0 or > 4 || group.ContainsAnyExcept(HexDigits)) return false;
            if (!ushort.TryParse(group, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)) return false;
            BinaryPrimitives.WriteUInt16BigEndian(octets[filled..], value);
            filled += 2;
        }

        return true;
    }
}

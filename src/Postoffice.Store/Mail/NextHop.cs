using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Postoffice.Store.Mail;

/// <summary>A host to dial, as configuration names it: <c>HOST[:PORT]</c>; an address may stand in brackets, an IPv6 address must.</summary>
/// <param name="Host">A domain's canonical form, or the address.</param>
/// <param name="Address">Null when the name must be resolved.</param>
public sealed record NextHop(string Host, IPAddress? Address, int Port)
{
    /// <summary>Where SMTP is spoken when nobody says otherwise (RFC 5321 §4.5.4.2).</summary>
    public const int SmtpPort = 25;

    private const string Ipv6Tag = "IPv6:";

    /// <param name="text">As an operator writes it.</param>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out NextHop? hop)
    {
        hop = null;
        var host = text;
        var port = SmtpPort;
        var colon = text.LastIndexOf(':');
        if (colon > text.LastIndexOf(']'))
        {
            var digits = text[(colon + 1)..];
            if (digits.Length is 0 or > 5 || digits.ContainsAnyExceptInRange('0', '9') || !int.TryParse(digits, out port)) return false;
            host = text[..colon];
        }
        if (port is < 1 or > ushort.MaxValue) return false;

        var bracketed = host.Length > 2 && host[0] == '[' && host[^1] == ']';
        var inner = bracketed ? host[1..^1] : host;
        if (bracketed && inner.StartsWith(Ipv6Tag, StringComparison.OrdinalIgnoreCase)) inner = inner[Ipv6Tag.Length..];
        if ((bracketed || !inner.Contains(':')) && AddressLiteral.TryParseAddress(inner, out var address))
        {
            hop = new NextHop(address.ToString(), address, port);
        }
        else if (!bracketed && DomainName.TryParse(host, out var name))
        {
            hop = new NextHop(name.Value, null, port);
        }
        return hop is not null;
    }

    /// <exception cref="FormatException">Not a host; for text that our own journal holds.</exception>
    public static NextHop Parse(string text) => TryParse(text, out var hop) ? hop : throw new FormatException($"Not a host: {text}");

    /// <summary><c>host:port</c>; an IPv6 address in brackets.</summary>
    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

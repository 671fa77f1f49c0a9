using System.Diagnostics.CodeAnalysis;
using System.Net;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Routing;

/// <summary>A host to dial, as configuration names it: <c>HOST[:PORT]</c>; an address may stand in brackets, an IPv6 address must.</summary>
/// <param name="Host">A domain's canonical form, or the address.</param>
/// <param name="Address">Null when the name must be resolved.</param>
internal sealed record NextHop(string Host, IPAddress? Address, int Port)
{
    public const int SmtpPort = 25;
    private const string Ipv6Tag = "IPv6:";

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

    /// <summary><c>host:port</c>; an IPv6 address in brackets.</summary>
    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

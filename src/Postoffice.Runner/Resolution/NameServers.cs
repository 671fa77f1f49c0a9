using System.Net;
using DnsClient;
using Postoffice.Store.Configuration;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Resolution;

/// <summary>Whom we ask: <c>resolver=ADDRESS[:PORT]</c>, several in order; without it, those of the system.</summary>
internal static class NameServers
{
    private const int DnsPort = 53;

    /// <exception cref="SettingException">An address cannot be used.</exception>
    public static IReadOnlyList<NameServer> From(Settings settings)
    {
        var named = settings.Entries.Where(entry => entry is { Name: "resolver", Value.Length: > 0 }).Select(Parse).ToList();
        if (named.Count > 0) return named;

        // Never the library's own last resort, a public server that would learn with whom this site corresponds.
        var system = NameServer.ResolveNameServers(skipIPv6SiteLocal: true, fallbackToGooglePublicDns: false);
        return system.Count > 0 ? [.. system] : [new NameServer(IPAddress.Loopback, DnsPort)]; // resolv.conf(5): none named means the local one
    }

    private static NameServer Parse(Setting setting)
    {
        var text = setting.Value.AsSpan();
        var port = DnsPort;
        var colon = text.LastIndexOf(':');
        var hasPort = colon > text.LastIndexOf(']') && (text[0] == '[' || text.IndexOf(':') == colon);
        if (hasPort)
        {
            var digits = text[(colon + 1)..];
            if (digits.Length is 0 or > 5 || digits.ContainsAnyExceptInRange('0', '9') || !int.TryParse(digits, out port)) port = 0;
            text = text[..colon];
        }
        if (text.Length > 2 && text[0] == '[' && text[^1] == ']') text = text[1..^1];
        return port is > 0 and <= ushort.MaxValue && AddressLiteral.TryParseAddress(text, out var address)
            ? new NameServer(address, port)
            : throw new SettingException(setting, "ADDRESS[:PORT] is expected; with a port, an IPv6 address stands in brackets");
    }
}

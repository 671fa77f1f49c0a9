using System.Net;
using Postoffice.Store.Configuration;
using Postoffice.Store.Directory;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Routing;

/// <summary>Where our own listener takes mail in. Sending there what we just took from there would never end (C-QUEUE-27).</summary>
internal sealed class OwnEndpoints
{
    private const int SmtpPort = 25;
    private readonly IReadOnlyList<IPEndPoint> listening;

    private OwnEndpoints(IReadOnlyList<IPEndPoint> listening) => this.listening = listening;

    /// <summary>What <c>listen=</c> names; without any, port 25 of every address, as the listener has it.</summary>
    public static OwnEndpoints From(Settings settings) => settings.All("listen") is { Count: > 0 } named
        ? new([.. named.Select(value => value.Split(',')[0]).Select(Parse).OfType<IPEndPoint>()])
        : new([new IPEndPoint(IPAddress.IPv6Any, SmtpPort)]);

    /// <summary>Whether dialling this reaches ourselves: the listener's address, or any of ours when it listens on all.</summary>
    public bool Contains(IPAddress address, int port)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        foreach (var endpoint in listening.Where(endpoint => endpoint.Port == port))
        {
            if (endpoint.Address.Equals(address) || IsAny(address)) return true; // dialling 0.0.0.0 reaches this machine
            if (IsAny(endpoint.Address) && (IPAddress.IsLoopback(address) || LocalDomains.OwnAddresses().Contains(address))) return true;
        }
        return false;
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    /// <summary>Null for a Unix socket and for what the listener itself refuses.</summary>
    private static IPEndPoint? Parse(string text)
    {
        if (text.StartsWith("unix:", StringComparison.Ordinal)) return null;
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), out var port)) return null;
        var host = text.AsSpan(0, colon);
        if (host is "" or "*") return new IPEndPoint(IPAddress.IPv6Any, port);
        return AddressLiteral.TryParseAddress(host.Trim("[]"), out var address) ? new IPEndPoint(address, port) : null;
    }
}

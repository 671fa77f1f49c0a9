using System.Net;
using System.Net.Sockets;
using Postoffice.Runner.Routing;

namespace Postoffice.Runner.Transports;

/// <summary>The addresses of a configured next hop, by the system's resolver; those that are ourselves are left out.</summary>
/// <param name="resolve">Addresses of a name; <see cref="SocketException"/> when there are none. Null: the system's resolver.</param>
internal sealed class HostAddresses(OwnEndpoints own, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
{
    /// <summary>Addresses tried at most: a name may have hundreds.</summary>
    private const int MaxAddresses = 8;

    private readonly Func<string, CancellationToken, Task<IPAddress[]>> resolve = resolve ?? Dns.GetHostAddressesAsync;

    /// <returns>Addresses in the resolver's order, or none and the reason.</returns>
    public async Task<(IReadOnlyList<IPAddress> Addresses, string? Reason)> FindAsync(NextHop hop, CancellationToken ct)
    {
        IPAddress[] found;
        try
        {
            found = hop.Address is { } address ? [address] : await resolve(hop.Host, ct);
        }
        catch (SocketException unresolved)
        {
            return ([], $"{hop.Host} cannot be resolved: {unresolved.Message}");
        }
        if (found.Length == 0) return ([], $"{hop.Host} has no address");

        var others = found.Where(address => !own.Contains(address, hop.Port)).Take(MaxAddresses).ToList();
        return others.Count > 0
            ? (others, null)
            : ([], $"{hop} is our own listener: mail would loop. Correct relay-host= or route=, or add the domain as local-domain=");
    }
}

using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Polly;
using Polly.Timeout;
using Postoffice.Runner.Pipelines;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Routing;

/// <summary>The addresses of a configured next hop, by the system's resolver (files, then DNS); those that are ourselves are left out.</summary>
/// <param name="resolve">Addresses of a name; <see cref="SocketException"/> when there are none. Null: the system's resolver.</param>
internal sealed class HostAddresses(OwnEndpoints own, TimeProvider clock, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
{
    /// <summary>Addresses tried at most: a name may have hundreds.</summary>
    private const int MaxAddresses = 8;

    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(20);

    private readonly ResiliencePipeline limit = HostPipeline.Build(Budget, clock);
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> resolve = resolve ?? Dns.GetHostAddressesAsync;

    /// <summary>What to try, in the resolver's order; at least one.</summary>
    public async IAsyncEnumerable<Candidate> FindAsync(NextHop hop, [EnumeratorCancellation] CancellationToken ct)
    {
        var (found, reason) = await ResolveAsync(hop, ct);
        var others = found.Where(address => !own.Contains(address, hop.Port)).Take(MaxAddresses).ToList();
        if (others.Count == 0)
        {
            yield return new Candidate.Unreached(hop.ToString(), reason
                ?? $"{hop} is our own listener: mail would loop. Correct relay-host= or route=, or add the domain as local-domain=");
        }
        foreach (var address in others) yield return new Candidate.Peer(hop.Host, new IPEndPoint(address, hop.Port));
    }

    private async Task<(IPAddress[] Found, string? Reason)> ResolveAsync(NextHop hop, CancellationToken ct)
    {
        try
        {
            IPAddress[] found = hop.Address is { } address ? [address] : await AskAsync(hop.Host, ct);
            return (found, found.Length == 0 ? $"{hop.Host} has no address" : null);
        }
        catch (SocketException unresolved)
        {
            return ([], $"{hop.Host} cannot be resolved: {unresolved.Message}");
        }
        catch (TimeoutRejectedException)
        {
            return ([], $"{hop.Host} cannot be resolved: no answer from the system's resolver within {Budget.TotalSeconds:0} s");
        }
    }

    /// <summary>The system's resolver does not always stop when told to: then its answer is no longer waited for.</summary>
    private async Task<IPAddress[]> AskAsync(string host, CancellationToken ct) =>
        await limit.ExecuteAsync(async token => await resolve(host, token).WaitAsync(token), ct);
}

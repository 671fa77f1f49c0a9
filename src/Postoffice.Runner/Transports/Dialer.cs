using System.Net;
using System.Net.Sockets;
using Polly.Timeout;
using Postoffice.Runner.Pipelines;

namespace Postoffice.Runner.Transports;

/// <summary>Makes connections to peers.</summary>
internal interface IDialer
{
    /// <returns>A line, or why there is none.</returns>
    /// <exception cref="OperationCanceledException">We are told to stop.</exception>
    Task<(PeerLine? Line, string? Refused)> DialAsync(IPEndPoint peer, CancellationToken ct);
}

/// <summary>A connection to a peer, in the clear.</summary>
/// <param name="Stream">Closes it.</param>
/// <param name="HasInput">Whether there is something to read: the peer spoke, or hung up.</param>
internal sealed record PeerLine(Stream Stream, Func<bool> HasInput);

/// <summary>By TCP, within the time of the connect phase.</summary>
internal sealed class TcpDialer(PhasePipelines phases) : IDialer
{
    public async Task<(PeerLine? Line, string? Refused)> DialAsync(IPEndPoint peer, CancellationToken ct)
    {
        Socket? socket = null;
        try
        {
            // Refused where the machine has no IPv6 at all: that address's trouble, as any other.
            socket = new Socket(peer.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await phases.Connect.ExecuteAsync(async token => await socket.ConnectAsync(peer, token), ct);
            var connected = socket;
            return (new PeerLine(new NetworkStream(connected, ownsSocket: true), () => connected.Poll(TimeSpan.Zero, SelectMode.SelectRead)), null);
        }
        catch (Exception failed) when (failed is SocketException or TimeoutRejectedException)
        {
            socket?.Dispose();
            return (null, failed is SocketException refused ? refused.Message : "no connection in time");
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }
}

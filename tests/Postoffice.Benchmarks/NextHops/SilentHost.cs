using System.Net;
using System.Net.Sockets;

namespace Postoffice.Benchmarks.NextHops;

/// <summary>
/// A next hop that is dead in the worst way: it does not even refuse. Linux drops the SYN for a listening socket whose queue is full, so who dials
/// waits for his own timeout, as with a host that is switched off.
/// </summary>
internal sealed class SilentHost : IDisposable
{
    private static readonly TimeSpan Proof = TimeSpan.FromMilliseconds(200);
    private readonly Socket listening = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> filling = [];

    private SilentHost()
    {
    }

    /// <exception cref="BenchmarkException">It answers all the same.</exception>
    public static async Task<SilentHost> OpenAsync(IPEndPoint at, CancellationToken ct)
    {
        const int enough = 4; // a queue of length 0 holds one connection
        var host = new SilentHost();
        try
        {
            host.listening.Bind(at);
            host.listening.Listen(0);
            for (var dialled = 0; dialled < enough; dialled++)
            {
                if (!await host.AnswersAsync(at, ct)) return host;
            }

            throw new BenchmarkException($"{at} still answers with its queue full: this system does not drop what it cannot queue");
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var socket in filling) socket.Dispose();
        listening.Dispose();
    }

    private async Task<bool> AnswersAsync(IPEndPoint at, CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        filling.Add(socket);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Proof);
        try
        {
            await socket.ConnectAsync(at, limit.Token);
            return true;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }
}

using System.Net;
using System.Net.Sockets;

namespace Postoffice.Benchmarks.Servers;

/// <summary>Waits for programs that do not tell when they listen.</summary>
internal static class Reachable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(10);

    /// <exception cref="BenchmarkException">Nobody listens there.</exception>
    public static async Task WaitAsync(IPEndPoint server, CancellationToken ct)
    {
        for (var began = TimeProvider.System.GetTimestamp(); ;)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(server, ct);
                return;
            }
            catch (SocketException) when (TimeProvider.System.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(Between, TimeProvider.System, ct);
            }
            catch (SocketException refused)
            {
                throw new BenchmarkException($"nobody listens on {server}: {refused.Message}");
            }
        }
    }
}

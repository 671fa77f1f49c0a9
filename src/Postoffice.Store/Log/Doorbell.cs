using System.Net.Sockets;

namespace Postoffice.Store.Log;

/// <summary>
/// Wakes the runner after a commit: an empty datagram on a Unix socket beside the store. Ringing never waits and nobody needs to listen;
/// a lost ring costs what the runner's poll takes, a second at most.
/// </summary>
internal sealed class Doorbell(string storePath, TimeProvider clock) : IDisposable
{
    // While the runner is away, a failing system call and an exception for each commit would only cost time.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
    private readonly UnixDomainSocketEndPoint bell = new(PathFor(storePath));
    private long? failedAt;

    public static string PathFor(string storePath) => storePath + ".bell";

    public void Ring()
    {
        if (failedAt is { } since && clock.GetElapsedTime(since) < Pause) return;
        try
        {
            _ = socket.SendTo([1], bell);
            failedAt = null;
        }
        catch (SocketException)
        {
            failedAt = clock.GetTimestamp(); // nobody listens, or the bell rings already: the runner polls as well
        }
    }

    public void Dispose() => socket.Dispose();
}

/// <summary>The runner's end of the doorbell; only the lease's holder binds it.</summary>
public sealed class DoorbellListener : IDisposable
{
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly string path;
    private readonly byte[] ring = new byte[16];

    public DoorbellListener(string storePath)
    {
        path = Doorbell.PathFor(storePath);
        _ = Native.Libc.Unlink(path); // a dead holder's; the lease says it is ours now
        socket.Bind(new UnixDomainSocketEndPoint(path));
    }

    /// <summary>Waits for a ring; several rings may count as one.</summary>
    public async ValueTask WaitAsync(CancellationToken ct)
    {
        _ = await socket.ReceiveAsync(ring, ct);
        while (socket.Available > 0) _ = socket.Receive(ring);
    }

    public void Dispose()
    {
        socket.Dispose();
        _ = Native.Libc.Unlink(path);
    }
}

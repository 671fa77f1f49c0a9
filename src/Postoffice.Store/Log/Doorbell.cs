using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Postoffice.Store.Native;

namespace Postoffice.Store.Log;

/// <summary>
/// Wakes the runner after a commit: an empty datagram on a Unix socket beside the store. Ringing never waits and nobody needs to listen;
/// a lost ring costs what the runner's poll takes, a second at most.
/// </summary>
internal sealed class Doorbell(string storePath, TimeProvider clock) : IDisposable
{
    // While the runner is away, a failing system call and an exception for each commit would only cost time.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly BellPlace place = new(storePath);
    private Socket? socket;
    private long? failedAt;

    public void Ring()
    {
        if (failedAt is { } since && clock.GetElapsedTime(since) < Pause) return;
        failedAt = null;
        if (TryRing()) return;
        failedAt = clock.GetTimestamp(); // nobody listens: the runner polls as well
        Close();
    }

    public void Dispose()
    {
        Close();
        place.Dispose();
    }

    private bool TryRing()
    {
        try
        {
            socket ??= Connect();
        }
        catch (SocketException)
        {
            return false;
        }
        _ = socket.Send([1], SocketFlags.None, out var error);
        // A full queue is rung and not heard yet: whoever hears it comes after this commit.
        return error is SocketError.Success or SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable;
    }

    private Socket Connect()
    {
        var fresh = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            fresh.Connect(place.EndPoint);
            return fresh;
        }
        catch
        {
            fresh.Dispose();
            throw;
        }
    }

    private void Close()
    {
        socket?.Dispose();
        socket = null;
    }
}

/// <summary>The runner's end of the doorbell; only the lease's holder binds it.</summary>
public sealed class DoorbellListener : IDisposable
{
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly BellPlace place;
    private readonly byte[] ring = new byte[16];

    public DoorbellListener(string storePath)
    {
        place = new BellPlace(storePath);
        _ = Libc.Unlink(place.Path); // a dead holder's; the lease says it is ours now
        socket.Bind(place.EndPoint);
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
        _ = Libc.Unlink(place.Path);
        place.Dispose();
    }
}

/// <summary>
/// <c>STORE.bell</c>, named through a descriptor of its directory: the name of a Unix socket holds 107 octets, a store's path may hold more.
/// </summary>
internal sealed class BellPlace : IDisposable
{
    private readonly SafeFileHandle directory;

    public BellPlace(string storePath)
    {
        Path = storePath + ".bell";
        directory = SafeFile.Open(System.IO.Path.GetDirectoryName(storePath)!, Libc.O_RDONLY | Libc.O_DIRECTORY);
        EndPoint = new UnixDomainSocketEndPoint($"/proc/self/fd/{directory.DangerousGetHandle()}/{System.IO.Path.GetFileName(Path)}");
    }

    public string Path { get; }

    public UnixDomainSocketEndPoint EndPoint { get; }

    public void Dispose() => directory.Dispose();
}

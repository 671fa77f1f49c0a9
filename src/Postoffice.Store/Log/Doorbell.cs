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
        // The lease says that the name is ours now, whoever has it still. Bound under another one and moved there, since a socket of .NET
        // removes the name it was bound to when it is closed: late, that would be the name of whoever holds the lease after us.
        var bound = $"{place.Path}.{Environment.ProcessId}";
        _ = Libc.Unlink(bound);
        socket.Bind(place.EndPointOf(bound));
        Libc.Check(Libc.Rename(bound, place.Path), place.Path);
    }

    /// <summary>Waits for a ring; several rings may count as one.</summary>
    public async ValueTask WaitAsync(CancellationToken ct)
    {
        _ = await socket.ReceiveAsync(ring, ct);
        while (socket.Available > 0) _ = socket.Receive(ring);
    }

    /// <summary>Leaves the name: by now it may be the socket of whoever holds the lease after us.</summary>
    public void Dispose()
    {
        socket.Dispose();
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
        EndPoint = EndPointOf(Path);
    }

    public string Path { get; }

    public UnixDomainSocketEndPoint EndPoint { get; }

    /// <summary>Of a file in the same directory.</summary>
    public UnixDomainSocketEndPoint EndPointOf(string path) =>
        new($"/proc/self/fd/{directory.DangerousGetHandle()}/{System.IO.Path.GetFileName(path)}");

    public void Dispose() => directory.Dispose();
}

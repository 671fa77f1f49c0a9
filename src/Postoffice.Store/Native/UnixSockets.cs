using System.Net.Sockets;

namespace Postoffice.Store.Native;

/// <summary>
/// Sockets whose address is a path: what .NET's errors mean there, and connecting when the owner may be stopped or busy. connect(2) would wait for
/// ever for a place in a full queue; a socket that does not block is told at once.
/// </summary>
public static class UnixSockets
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(50); // two tries to connect

    /// <summary>The reason in words for people.</summary>
    /// <param name="trouble">From binding or connecting to a path. .NET tells ENOENT as "Cannot assign requested address".</param>
    public static string Reason(Exception trouble) => trouble is SocketException { SocketErrorCode: SocketError.AddressNotAvailable }
        ? "No such file or directory"
        : trouble.Message;

    /// <summary>Whether a process listens there, be it too busy to say so. A socket file stays behind when its owner is killed.</summary>
    /// <exception cref="SocketException">It cannot be told: no right to connect, no such name.</exception>
    public static bool IsAnswered(string path)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException refused) when (refused.SocketErrorCode is SocketError.ConnectionRefused)
        {
            return false;
        }
        catch (SocketException full) when (full.SocketErrorCode is SocketError.WouldBlock)
        {
            return true;
        }
    }

    /// <summary>Connects, and tries again while the queue there is full.</summary>
    /// <param name="patience">For how long.</param>
    /// <exception cref="SocketException">Nobody listens, or not in time (<see cref="SocketError.TimedOut"/>).</exception>
    /// <exception cref="ArgumentException">The path is too long for a socket.</exception>
    public static async Task<Socket> ConnectAsync(string path, TimeSpan patience, TimeProvider clock, CancellationToken ct)
    {
        var begun = clock.GetTimestamp();
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), ct);
                return socket;
            }
            catch (SocketException full) when (full.SocketErrorCode is SocketError.WouldBlock)
            {
                socket.Dispose();
                if (clock.GetElapsedTime(begun) >= patience) throw new SocketException((int)SocketError.TimedOut);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
            await Task.Delay(Between, clock, ct);
        }
    }
}

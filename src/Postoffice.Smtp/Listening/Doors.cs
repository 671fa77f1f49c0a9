using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Postoffice.Store.Native;

namespace Postoffice.Smtp.Listening;

/// <summary>Opens every door before rights are dropped: sockets from the service manager, TCP ports, the submission socket.</summary>
internal static class Doors
{
    private const int Backlog = 1_024;
    private const uint EverybodyMayConnect = 0x1B6; // 0666: the kernel says who calls, so the file need not

    /// <exception cref="CannotListenException">One of them cannot be opened; none stays open.</exception>
    public static IReadOnlyList<BoundSocket> Open(IReadOnlyList<ListenEndpoint> endpoints) => Open(endpoints, InheritedSockets.Take());

    /// <param name="handedOver">Open already. Each stands in for the settings of its own place, and for the defaults of its kind.</param>
    /// <exception cref="CannotListenException">One of the others cannot be opened; none stays open.</exception>
    public static IReadOnlyList<BoundSocket> Open(IReadOnlyList<ListenEndpoint> endpoints, IEnumerable<BoundSocket> handedOver)
    {
        var open = new List<BoundSocket>();
        try
        {
            foreach (var door in handedOver) open.Add(door.InPlaceOf(endpoints));
            var came = open.ToArray();
            foreach (var endpoint in endpoints)
            {
                var isUnix = endpoint.UnixPath is not null;
                if (came.Any(door => door.Endpoint.Covers(endpoint) || (endpoint.IsDefault && door.IsUnix == isUnix))) continue;
                open.Add(isUnix ? BindUnix(endpoint, endpoint.UnixPath!) : BindTcp(endpoint, endpoints));
            }
            if (open.Count == 0) throw new CannotListenException("there is nothing to listen on; set listen=");
            return open;
        }
        catch
        {
            foreach (var door in open) door.Dispose();
            throw;
        }
    }

    private static BoundSocket BindTcp(ListenEndpoint endpoint, IReadOnlyList<ListenEndpoint> all)
    {
        // '*' is both families at once; [::] is, too, unless another listen= takes the port for IPv4.
        var everywhere = endpoint.Address is null;
        var address = endpoint.Address ?? (Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any);
        var both = address.Equals(IPAddress.IPv6Any)
            && (everywhere || !all.Any(other => other.Port == endpoint.Port && other.Address?.AddressFamily == AddressFamily.InterNetwork));
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = both;
            socket.Bind(new IPEndPoint(address, endpoint.Port));
            socket.Listen(Backlog); // only now the port is ours alone; whoever comes waits until we are ready
            return new BoundSocket(socket, endpoint, NameOf((IPEndPoint)socket.LocalEndPoint!, endpoint));
        }
        catch (SocketException refused)
        {
            socket.Dispose();
            throw new CannotListenException($"cannot listen on {endpoint}: {refused.Message}", refused);
        }
    }

    private static BoundSocket BindUnix(ListenEndpoint endpoint, string path)
    {
        RemoveDead(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            socket.Listen(Backlog);
            Libc.Check(Libc.Chmod(path, EverybodyMayConnect), path);
            return new BoundSocket(socket, endpoint, endpoint.ToString());
        }
        catch (Exception refused) when (refused is SocketException or IOException)
        {
            socket.Dispose();
            throw new CannotListenException($"cannot listen on {endpoint}: {UnixSockets.Reason(refused)}", refused);
        }
    }

    /// <summary>A socket file stays behind when its owner is killed; one that answers has an owner.</summary>
    private static void RemoveDead(string path)
    {
        if (!SafeFile.TryStat(path, out var file)) return;
        if (!file.IsSocket) throw new CannotListenException($"{path}: is there and is no socket; remove it or name another with listen=unix:PATH");
        if (UnixSockets.IsAnswered(path)) throw new CannotListenException($"{path}: another listener answers there");
        if (Libc.Unlink(path) == 0) return;
        throw new CannotListenException($"{path}: a dead listener's socket cannot be removed ({Marshal.GetLastPInvokeErrorMessage()})");
    }

    internal static string NameOf(IPEndPoint bound, ListenEndpoint endpoint) =>
        (endpoint with { Address = bound.Address, Port = bound.Port }).ToString();
}

using System.Net;
using System.Net.Sockets;

namespace Postoffice.Smtp.Listening;

/// <summary>
/// Sockets the service manager opened for us (sd_listen_fds(3)). FileDescriptorName= tells what a port is for: <c>smtps</c> and
/// <c>submissions</c> begin with TLS, <c>submission</c> and <c>submissions</c> are for authenticated and own clients. So does the
/// <c>listen=</c> of the same place, if there is one.
/// </summary>
internal static class InheritedSockets
{
    private const int First = 3;

    public static IEnumerable<BoundSocket> Take()
    {
        if (Environment.GetEnvironmentVariable("LISTEN_PID") != $"{Environment.ProcessId}") yield break;
        if (!ushort.TryParse(Environment.GetEnvironmentVariable("LISTEN_FDS"), out var count)) yield break;
        var names = Environment.GetEnvironmentVariable("LISTEN_FDNAMES")?.Split(':') ?? [];
        for (var i = 0; i < count; i++) yield return Describe(First + i, i < names.Length ? names[i] : "");
    }

    private static BoundSocket Describe(int descriptor, string name)
    {
        var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        if (socket.LocalEndPoint is UnixDomainSocketEndPoint unix)
        {
            var door = new ListenEndpoint(null, 0, unix.ToString());
            return new BoundSocket(socket, door, door.ToString());
        }
        if (socket.LocalEndPoint is not IPEndPoint bound) throw new CannotListenException($"descriptor {descriptor} of the service manager is no socket we know");
        var address = bound.Address.Equals(IPAddress.IPv6Any) && socket.DualMode ? null : bound.Address;
        var endpoint = new ListenEndpoint(address, bound.Port, Tls: name is "smtps" or "submissions", Submission: name is "submission" or "submissions");
        return new BoundSocket(socket, endpoint, Doors.NameOf(bound, endpoint));
    }
}

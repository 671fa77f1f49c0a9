using System.Net.Sockets;

namespace Postoffice.Store;

/// <summary>Tells the service manager how the service is (sd_notify(3)): a datagram to the socket it named, if it named one.</summary>
public static class ServiceNotice
{
    public const string Ready = "READY=1";
    public const string Stopping = "STOPPING=1";

    /// <param name="state">Lines of <c>NAME=VALUE</c>.</param>
    /// <returns>Whether a manager was there to be told.</returns>
    public static bool Send(string state)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 1 } name) return false;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // A name that begins with '@' is in Linux's abstract name space, where a NUL stands in its place.
            socket.Connect(new UnixDomainSocketEndPoint(name[0] == '@' ? '\0' + name[1..] : name));
            return socket.Send(System.Text.Encoding.UTF8.GetBytes(state)) > 0;
        }
        catch (SocketException)
        {
            return false; // the manager is gone or not listening; mail goes on without it
        }
    }
}

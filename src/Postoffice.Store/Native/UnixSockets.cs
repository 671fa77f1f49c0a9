using System.Net.Sockets;

namespace Postoffice.Store.Native;

/// <summary>What .NET's socket errors mean when the address is a path.</summary>
public static class UnixSockets
{
    /// <summary>The reason in words for people.</summary>
    /// <param name="trouble">From binding or connecting to a path. .NET tells ENOENT as "Cannot assign requested address".</param>
    public static string Reason(Exception trouble) => trouble is SocketException { SocketErrorCode: SocketError.AddressNotAvailable }
        ? "No such file or directory"
        : trouble.Message;
}

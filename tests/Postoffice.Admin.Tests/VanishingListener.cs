using System.Net.Sockets;
using System.Text;

namespace Postoffice.Admin.Tests;

/// <summary>A submission socket that takes one message, says 250 to it, and has reset the connection before anything else can be said.</summary>
internal sealed class VanishingListener : IAsyncDisposable
{
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Task running;

    public VanishingListener(string path)
    {
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen();
        running = RunAsync();
    }

    public bool HasTaken { get; private set; }

    public async ValueTask DisposeAsync()
    {
        socket.Dispose();
        await running;
    }

    private async Task RunAsync()
    {
        using var client = await socket.AcceptAsync();
        var octets = new byte[4096];
        await SayAsync(client, "220 mx.example.test ESMTP");
        for (var inContent = false; !HasTaken;)
        {
            var heard = Encoding.Latin1.GetString(octets, 0, await client.ReceiveAsync(octets));
            HasTaken = inContent && heard.EndsWith("\r\n.\r\n", StringComparison.Ordinal);
            inContent |= heard.StartsWith("DATA", StringComparison.Ordinal);
            // The reply is in the client's buffer and the way back is closed before this call returns.
            if (HasTaken) client.Shutdown(SocketShutdown.Receive);
            await SayAsync(client, HasTaken ? "250 2.0.0 0A1B2C3D4E5F accepted" : inContent ? "354 Go on" : "250 2.0.0 Ok");
        }
    }

    private static async Task SayAsync(Socket client, string reply) => await client.SendAsync(Encoding.Latin1.GetBytes(reply + "\r\n"));
}

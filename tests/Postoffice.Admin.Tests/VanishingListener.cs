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
        await SayAsync(client, "220 mx.example.test ESMTP");
        for (var heard = ""; !heard.StartsWith("DATA", StringComparison.Ordinal);)
        {
            heard = await HearAsync(client, "\r\n");
            await SayAsync(client, heard.StartsWith("DATA", StringComparison.Ordinal) ? "354 Go on" : "250 2.0.0 Ok");
        }
        HasTaken = (await HearAsync(client, "\r\n.\r\n")).Length > 0;
        client.Shutdown(SocketShutdown.Receive); // before the reply, so that whatever is said behind it fails
        await SayAsync(client, "250 2.0.0 0A1B2C3D4E5F accepted");
    }

    /// <summary>What is said up to <paramref name="end"/>, in however many pieces.</summary>
    private static async Task<string> HearAsync(Socket client, string end)
    {
        var heard = "";
        var octets = new byte[4096];
        while (!heard.EndsWith(end, StringComparison.Ordinal))
        {
            var length = await client.ReceiveAsync(octets);
            if (length == 0) throw new IOException("the client went before it had said all");
            heard += Encoding.Latin1.GetString(octets, 0, length);
        }
        return heard;
    }

    private static async Task SayAsync(Socket client, string reply) => await client.SendAsync(Encoding.Latin1.GetBytes(reply + "\r\n"));
}

using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Postoffice.Testing;

/// <summary>
/// A server on a loopback port that says what its script says: first the greeting, then one reply a command, and after a 354 one more for the
/// content. What it gets is kept. One connection after another, each with the script from its start.
/// </summary>
public sealed class ScriptedPeer : IAsyncDisposable
{
    /// <summary>Instead of a reply: hang up.</summary>
    public const string Close = "<close>";

    /// <summary>Instead of a reply: hang up with a reset.</summary>
    public const string Reset = "<reset>";

    /// <summary>Instead of a reply: say nothing more, and keep the line open.</summary>
    public const string Silence = "<silence>";

    /// <summary>Instead of a reply: lines without end.</summary>
    public const string Flood = "<flood>";

    /// <summary>Instead of a reply: one line without end.</summary>
    public const string LongLine = "<long line>";

    /// <summary>Instead of a reply: a line of text without end, an octet now and then.</summary>
    public const string Drip = "<drip>";

    private static readonly TimeSpan BetweenDrops = TimeSpan.FromMilliseconds(50);

    private readonly TcpListener listener;
    private readonly CancellationTokenSource stopping = new();
    private readonly List<byte> received = [];
    private readonly string[] script;
    private readonly Task serving;

    /// <param name="script">Replies without their last CRLF; lines of one reply with CRLF between them.</param>
    public ScriptedPeer(params string[] script)
        : this(IPAddress.Loopback, 0, script)
    {
    }

    /// <param name="port">0 for a free one.</param>
    /// <inheritdoc cref="ScriptedPeer(string[])"/>
    public ScriptedPeer(IPAddress address, int port, params string[] script)
    {
        this.script = script;
        listener = new TcpListener(address, port);
        listener.Start();
        serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Every octet received, one a character.</summary>
    public string Received
    {
        get
        {
            lock (received) return Encoding.Latin1.GetString([.. received]);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await serving;
        listener.Dispose();
        stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var socket = await listener.AcceptSocketAsync(stopping.Token);
                await PlayAsync(socket);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task PlayAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket);
        var end = "";
        try
        {
            foreach (var reply in script)
            {
                if (end.Length > 0 && !await ReadUntilAsync(stream, end)) return;
                end = reply.StartsWith("354", StringComparison.Ordinal) ? "\r\n.\r\n" : "\r\n";
                switch (reply)
                {
                    case Close:
                        return;
                    case Reset:
                        socket.LingerState = new LingerOption(enable: true, seconds: 0);
                        return;
                    case Silence:
                        await ReadUntilAsync(stream, "\0"); // never comes: until the client hangs up
                        return;
                    case Flood:
                        while (true) await stream.WriteAsync("250-and so on\r\n"u8.ToArray(), stopping.Token);
                    case LongLine:
                        await stream.WriteAsync("250 "u8.ToArray(), stopping.Token);
                        while (true) await stream.WriteAsync(new byte[4096].Select(_ => (byte)'x').ToArray(), stopping.Token);
                    case Drip:
                        await stream.WriteAsync("250 "u8.ToArray(), stopping.Token);
                        while (true)
                        {
                            await stream.WriteAsync("."u8.ToArray(), stopping.Token);
                            await Task.Delay(BetweenDrops, TimeProvider.System, stopping.Token);
                        }
                    default:
                        await stream.WriteAsync(Encoding.Latin1.GetBytes(reply + "\r\n"), stopping.Token);
                        break;
                }
            }
            await ReadUntilAsync(stream, "\0");
        }
        catch (IOException)
        {
            // The client hung up: that is its right.
        }
    }

    private async Task<bool> ReadUntilAsync(NetworkStream stream, string end)
    {
        var ending = Encoding.Latin1.GetBytes(end);
        var octet = new byte[1];
        int from;
        lock (received) from = received.Count;
        while (await stream.ReadAsync(octet, stopping.Token) == 1)
        {
            lock (received)
            {
                received.Add(octet[0]);
                var count = received.Count - from;
                var isEnd = count >= ending.Length && received.TakeLast(ending.Length).SequenceEqual(ending);
                if (isEnd || (ending.Length == 5 && count == 3 && received.TakeLast(3).SequenceEqual(ending.Skip(2)))) return true;
            }
        }
        return false;
    }
}

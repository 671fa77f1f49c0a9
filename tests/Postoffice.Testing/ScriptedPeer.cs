using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Postoffice.Testing;

/// <summary>
/// A server on a loopback port that says what its script says: first the greeting, then one reply a command, a BDAT with its octets, and after
/// a 354 one more for the content. What it gets is kept. One connection after another, each with the script from its start.
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

    /// <summary>Instead of a reply: what <see cref="Answer"/> makes of the line received.</summary>
    public const string Ask = "<ask>";

    /// <summary>Instead of a reply, to STARTTLS: 220, then a handshake with <see cref="Certificate"/>, and on under TLS.</summary>
    public const string StartTls = "<starttls>";

    /// <summary>Instead of a reply, to STARTTLS: 220, and hang up in the middle of the handshake.</summary>
    public const string StartTlsThenClose = "<starttls, close>";

    /// <summary>Instead of a reply, to STARTTLS: 220, and words where the handshake should be.</summary>
    public const string StartTlsThenWords = "<starttls, words>";

    /// <summary>Instead of a reply, to STARTTLS: 220, and nothing more.</summary>
    public const string StartTlsThenSilence = "<starttls, silence>";

    /// <summary>Instead of a reply, to STARTTLS: 220 with more behind it in the clear, as somebody in between would put it there; then as <see cref="StartTls"/>.</summary>
    public const string StartTlsWithMore = "<starttls, more>";

    private static readonly TimeSpan BetweenDrops = TimeSpan.FromMilliseconds(50);

    private readonly TcpListener listener;
    private readonly CancellationTokenSource stopping = new();
    private readonly List<byte> received = [];
    private readonly string[] script;
    private int commandAt; // where in what was received the last command begins
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

    /// <summary>From a line, without its CRLF, to the reply.</summary>
    public Func<string, string>? Answer { get; init; }

    /// <summary>What the handshakes show; with its key.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>What is said on the second connection and those after it; null: the same as on the first.</summary>
    public string[]? ScriptAfterwards { get; init; }

    /// <summary>Connections so far.</summary>
    public int Connections { get; private set; }

    /// <summary>Handshakes that clients began with a peer that does not go on.</summary>
    public int BrokenHandshakes { get; private set; }

    /// <summary>The name the last handshake asked for (SNI); null when it named none.</summary>
    public string? AskedFor { get; private set; }

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
                await PlayAsync(socket, Connections++ == 0 ? script : ScriptAfterwards ?? script);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task PlayAsync(Socket socket, string[] lines)
    {
        await using var plain = new NetworkStream(socket);
        Stream stream = plain;
        var end = "";
        try
        {
            foreach (var reply in lines)
            {
                if (end.Length > 0 && !await ReadUntilAsync(stream, end)) return;
                if (end == "\r\n") await ReadChunkAsync(stream);
                end = reply.StartsWith("354", StringComparison.Ordinal) ? "\r\n.\r\n" : "\r\n";
                switch (reply)
                {
                    case Close:
                        return;
                    case Reset:
                        socket.LingerState = new LingerOption(enable: true, seconds: 0);
                        return;
                    case Silence:
                        await ReadToEndAsync(stream);
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
                    case StartTls or StartTlsWithMore:
                        var more = reply == StartTlsWithMore ? "250-peer\r\n250 AUTH PLAIN\r\n" : "";
                        await stream.WriteAsync(Encoding.Latin1.GetBytes($"220 go\r\n{more}"), stopping.Token);
                        stream = await HandshakeAsync(stream);
                        break;
                    case StartTlsThenClose or StartTlsThenWords or StartTlsThenSilence:
                        await stream.WriteAsync("220 go\r\n"u8.ToArray(), stopping.Token);
                        await stream.ReadExactlyAsync(new byte[5], stopping.Token); // the handshake has begun
                        BrokenHandshakes++;
                        if (reply == StartTlsThenSilence) await stream.CopyToAsync(Stream.Null, stopping.Token); // until the client hangs up
                        if (reply == StartTlsThenWords) await stream.WriteAsync("250 what is this?\r\n"u8.ToArray(), stopping.Token);
                        return;
                    default:
                        var words = reply == Ask ? Answer!(LastLine()) : reply;
                        await stream.WriteAsync(Encoding.Latin1.GetBytes(words + "\r\n"), stopping.Token);
                        break;
                }
            }
            await ReadToEndAsync(stream);
        }
        catch (Exception gone) when (gone is IOException or AuthenticationException)
        {
            // The client hung up, or did not like our certificate: that is its right.
        }
        finally
        {
            if (stream != plain) await stream.DisposeAsync();
        }
    }

    private string LastLine() => Received.TrimEnd('\n').TrimEnd('\r').Split("\r\n")[^1];

    /// <summary>Until the client hangs up.</summary>
    private async Task ReadToEndAsync(Stream stream)
    {
        var octet = new byte[1];
        while (await stream.ReadAsync(octet, stopping.Token) == 1)
        {
            lock (received) received.Add(octet[0]);
        }
    }

    private async Task<SslStream> HandshakeAsync(Stream plain)
    {
        var secure = new SslStream(plain);
        await secure.AuthenticateAsServerAsync(
            (_, hello, _, _) =>
            {
                AskedFor = hello.ServerName is { Length: > 0 } name ? name : null;
                return ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificate = Certificate });
            },
            null, stopping.Token);
        return secure;
    }

    /// <summary>The octets that a BDAT, if it was the last command, has announced.</summary>
    private async Task ReadChunkAsync(Stream stream)
    {
        string[] words;
        lock (received) words = Encoding.Latin1.GetString([.. received.Skip(commandAt)]).TrimEnd().Split(' ');
        if (words[0] != "BDAT") return;
        var octets = new byte[int.Parse(words[1], CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(octets, stopping.Token);
        lock (received) received.AddRange(octets);
    }

    private async Task<bool> ReadUntilAsync(Stream stream, string end)
    {
        var ending = Encoding.Latin1.GetBytes(end);
        var octet = new byte[1];
        int from;
        lock (received) from = commandAt = received.Count;
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

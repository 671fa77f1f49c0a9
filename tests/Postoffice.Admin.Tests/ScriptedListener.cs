using System.Buffers;
using System.Collections.Immutable;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;

namespace Postoffice.Admin.Tests;

/// <summary>A submission socket that answers as it is told, one session at a time, and keeps what it heard.</summary>
internal sealed class ScriptedListener : IAsyncDisposable
{
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource stop = new();
    private readonly Func<string, string?> answer;
    private readonly Task running;
    private PipeReader reader = PipeReader.Create(Stream.Null);

    /// <param name="answer">The reply to a command (or to <c>.</c>); null for the usual one.</param>
    public ScriptedListener(string path, Func<string, string?>? answer = null)
    {
        this.answer = answer ?? (_ => null);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen();
        running = RunAsync();
    }

    public ImmutableList<string> Commands { get; private set; } = [];

    /// <summary>What came between DATA and the final dot, as it came.</summary>
    public string Content { get; private set; } = "";

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        socket.Dispose();
        stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                using var client = await socket.AcceptAsync(stop.Token);
                await using var link = new NetworkStream(client);
                reader = PipeReader.Create(link);
                try
                {
                    await SessionAsync(link);
                }
                catch (IOException)
                {
                    // The client has said all it had to say and went.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task SessionAsync(NetworkStream link)
    {
        await SayAsync(link, answer("") ?? "220 mx.example.test ESMTP");
        while (await LineAsync() is { } command)
        {
            Commands = Commands.Add(command); // a test may be reading while the session ends
            var verb = command.Split(' ')[0].ToUpperInvariant();
            await SayAsync(link, answer(command) ?? (verb is "DATA" ? "354 Go on" : verb is "QUIT" ? "221 2.0.0 Bye" : "250 2.0.0 Ok"));
            if (verb == "QUIT") return;
            if (verb != "DATA") continue;
            var content = new StringBuilder();
            while (await LineAsync() is { } line && line != ".") content.Append(line).Append("\r\n");
            Content = content.ToString();
            await SayAsync(link, answer(".") ?? "250 2.0.0 0A1B2C3D4E5F accepted");
        }
    }

    private async Task SayAsync(NetworkStream link, string reply) => await link.WriteAsync(Encoding.Latin1.GetBytes(reply + "\r\n"), stop.Token);

    /// <summary>A line that ends in CRLF; a bare CR or LF stays in it and shows.</summary>
    private async Task<string?> LineAsync()
    {
        while (true)
        {
            var read = await reader.ReadAsync(stop.Token);
            var octets = new SequenceReader<byte>(read.Buffer);
            if (octets.TryReadTo(out ReadOnlySequence<byte> line, "\r\n"u8))
            {
                var text = Encoding.Latin1.GetString(line);
                reader.AdvanceTo(octets.Position);
                return text;
            }
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted) return null;
        }
    }
}

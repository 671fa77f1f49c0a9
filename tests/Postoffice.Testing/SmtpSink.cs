using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Postoffice.Store.Wire;

namespace Postoffice.Testing;

/// <summary>
/// A next hop that takes everything, unless <see cref="Refusal"/> says otherwise, and keeps nothing, at once or slowly. Unlike Postfix's
/// smtp-sink it tells when each message came and what it was, and one process serves 180 addresses.
/// </summary>
public sealed class SmtpSink : IAsyncDisposable
{
    private const int MaxLine = 2_048;
    private readonly Socket listening = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource stopping = new();
    private readonly TimeSpan beforeEachReply;
    private readonly Action<ReadOnlySequence<byte>> taken;
    private readonly Task accepting;
    private int connections;

    /// <param name="beforeEachReply">How long it thinks, the greeting included; zero for a healthy one.</param>
    /// <param name="taken">Given the content before each 250 to a final dot: dots are still doubled, and its last CRLF is missing.</param>
    public SmtpSink(IPEndPoint at, TimeSpan beforeEachReply, Action<ReadOnlySequence<byte>> taken)
    {
        this.beforeEachReply = beforeEachReply;
        this.taken = taken;
        listening.Bind(at);
        listening.Listen(128);
        accepting = AcceptAsync();
    }

    /// <summary>From a RCPT, without its CRLF, to the reply instead of 250; null: it takes him.</summary>
    public Func<string, string?> Refusal { get; init; } = _ => null;

    /// <summary>Connections so far.</summary>
    public int Connections => Volatile.Read(ref connections);

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await accepting;
        listening.Dispose();
        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var sessions = new List<Task>();
        try
        {
            while (true)
            {
                var peer = await listening.AcceptAsync(stopping.Token);
                Interlocked.Increment(ref connections);
                sessions.Add(ServeAsync(peer));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(sessions);
        }
    }

    private async Task ServeAsync(Socket peer)
    {
        try
        {
            peer.NoDelay = true;
            await using var stream = new NetworkStream(peer, ownsSocket: true);
            await TalkAsync(PipeReader.Create(stream), stream);
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException)
        {
            // The run is over, or the peer was ended in the middle of a session: both belong to the measurement.
        }
    }

    private async Task TalkAsync(PipeReader pipe, NetworkStream stream)
    {
        await AnswerAsync("220 sink.example.net ESMTP\r\n"u8.ToArray());
        for (var recipients = 0; await LineAsync(pipe) is { } line;)
        {
            switch (line.ToUpperInvariant())
            {
                case var hello when hello.StartsWith("EHLO", StringComparison.Ordinal):
                    await AnswerAsync("250-sink.example.net\r\n250-PIPELINING\r\n250 8BITMIME\r\n"u8.ToArray());
                    break;
                case var rcpt when rcpt.StartsWith("RCPT ", StringComparison.Ordinal):
                    var refusal = Refusal(line);
                    if (refusal is null) recipients++;
                    await AnswerAsync(Encoding.Latin1.GetBytes($"{refusal ?? "250 2.1.5 Ok"}\r\n"));
                    break;
                case "DATA" when recipients == 0: // sent in one piece with a RCPT that was refused
                    await AnswerAsync("503 5.5.1 Nobody to take it for\r\n"u8.ToArray());
                    break;
                case "DATA":
                    recipients = 0;
                    await AnswerAsync("354 Go on\r\n"u8.ToArray());
                    if (!await ContentAsync(pipe)) return;
                    await AnswerAsync("250 2.0.0 Taken\r\n"u8.ToArray());
                    break;
                case "QUIT":
                    await AnswerAsync("221 2.0.0 Bye\r\n"u8.ToArray());
                    return;
                case "RSET":
                    recipients = 0;
                    goto default;
                default:
                    await AnswerAsync("250 2.0.0 Ok\r\n"u8.ToArray());
                    break;
            }
        }

        async ValueTask AnswerAsync(ReadOnlyMemory<byte> reply)
        {
            if (beforeEachReply > TimeSpan.Zero) await Task.Delay(beforeEachReply, TimeProvider.System, stopping.Token);
            await stream.WriteAsync(reply, stopping.Token);
        }
    }

    /// <summary>The next command; null when the peer has hung up or said what is none.</summary>
    private async ValueTask<string?> LineAsync(PipeReader pipe)
    {
        while (true)
        {
            var read = await pipe.ReadAsync(stopping.Token);
            var buffer = read.Buffer;
            var found = LineReader.TryRead(ref buffer, MaxLine, out var line);
            var command = found is LineRead.Whole ? Encoding.Latin1.GetString(line) : null;
            pipe.AdvanceTo(buffer.Start, command is null ? buffer.End : buffer.Start);
            if (command is not null) return command;
            if (found is not LineRead.Incomplete || read.IsCompleted) return null;
        }
    }

    /// <summary>Reads up to and with the final dot; false when the peer hung up before.</summary>
    private async ValueTask<bool> ContentAsync(PipeReader pipe)
    {
        for (var looked = 0L; ;)
        {
            var read = await pipe.ReadAsync(stopping.Token);
            var reader = new SequenceReader<byte>(read.Buffer);
            reader.Advance(looked);
            if (reader.TryReadTo(out ReadOnlySequence<byte> _, "\r\n.\r\n"u8))
            {
                taken(read.Buffer.Slice(0, reader.Consumed - 5));
                pipe.AdvanceTo(reader.Position);
                return true;
            }
            looked = Math.Max(0, read.Buffer.Length - 4); // the mark may be cut in two
            pipe.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted) return false;
        }
    }
}

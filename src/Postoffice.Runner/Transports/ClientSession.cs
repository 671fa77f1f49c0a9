using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using Polly;
using Polly.Timeout;
using Postoffice.Runner.Conversations;
using Postoffice.Store.Mail;
using Postoffice.Store.Wire;

namespace Postoffice.Runner.Transports;

/// <summary>
/// The client's side of an SMTP connection: commands out, replies in, each exchange within its phase's limit. Everything a peer can do to us
/// (hang up, fall silent, talk nonsense, talk without end) is an <see cref="Answer.Lost"/>. Knows octets and replies, not what they mean.
/// </summary>
internal sealed class ClientSession : IAsyncDisposable
{
    private const int MaxBlock = 64 * 1024;

    private readonly Stream connection;
    private readonly PipeReader input;
    private readonly ReplyReader replies = new();
    private readonly ArrayBufferWriter<byte> output = new();
    private IConversation? heard;
    private string? lost; // why the session is of no more use
    private bool isClosing; // the peer said 421 (RFC 5321 §3.8)
    private bool saidTooMuch; // something came behind the last reply that nothing was asked for

    /// <param name="connection">Closed with the session.</param>
    /// <param name="heard">Told what is said; null when nobody listens.</param>
    public ClientSession(Stream connection, IConversation? heard = null)
    {
        (this.connection, this.heard) = (connection, heard);
        input = PipeReader.Create(connection, new StreamPipeReaderOptions(leaveOpen: true));
    }

    /// <summary>Whether another command makes sense.</summary>
    public bool IsUsable => lost is null && !isClosing && !saidTooMuch;

    /// <summary>Waits for a reply: the greeting.</summary>
    /// <exception cref="OperationCanceledException">We are told to stop.</exception>
    public Task<Answer> HearAsync(ResiliencePipeline phase, CancellationToken ct) =>
        GuardAsync(phase, async token => await ReadReplyAsync(token), ct);

    /// <summary>Sends a command and waits for its reply.</summary>
    /// <param name="command">Without CRLF; made of values that cannot hold one.</param>
    /// <exception cref="OperationCanceledException">We are told to stop.</exception>
    public Task<Answer> AskAsync(string command, ResiliencePipeline phase, CancellationToken ct) => GuardAsync(phase, async token =>
    {
        if (saidTooMuch) return OutOfTurn;
        if (command.AsSpan().ContainsAny('\r', '\n')) throw new ArgumentException("a command is one line", nameof(command));
        Encoding.UTF8.GetBytes(command, output);
        output.Write("\r\n"u8);
        heard?.Sent(command);
        await FlushAsync(token);
        return await ReadReplyAsync(token);
    }, ct);

    /// <summary>Sends content with its dots stuffed, all but the line with the final dot; memory does not grow with it.</summary>
    /// <returns>Null when it went out; else why not. Then the peer does not have the message.</returns>
    /// <exception cref="OperationCanceledException">We are told to stop; the peer does not have the message.</exception>
    public async Task<Answer.Lost?> SendAsync(Stream content, DotStuffer stuffer, ResiliencePipeline block, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MaxBlock);
        var octets = 0L;
        try
        {
            if (saidTooMuch) return OutOfTurn; // its "250" would be taken for the answer to the final dot
            for (int count; (count = await content.ReadAsync(buffer.AsMemory(0, MaxBlock), ct)) > 0;)
            {
                stuffer.Write(buffer.AsSpan(0, count), output);
                if (await GuardAsync(block, FlushedAsync, ct) is Answer.Lost broken) return broken;
                octets += count;
            }
            return null;
        }
        finally
        {
            heard?.SentContent(octets);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Ends the content and waits for the peer's word on it. Once this was called, no answer means: perhaps it has the message (RFC 1047).</summary>
    public Task<Answer> FinishAsync(DotStuffer stuffer, ResiliencePipeline dot, CancellationToken ct) => GuardAsync(dot, async token =>
    {
        stuffer.Finish(output);
        await FlushAsync(token);
        return await ReadReplyAsync(token);
    }, ct);

    /// <summary>Ends whatever transaction there is (RFC 5321 §4.1.1.5).</summary>
    /// <returns>Whether the peer waits for MAIL again.</returns>
    public async Task<bool> ResetAsync(ResiliencePipeline limit, CancellationToken ct) =>
        await AskAsync("RSET", limit, ct) is Answer.Said({ IsPositive: true }) && IsUsable;

    /// <summary>Says goodbye. Nothing depends on it: a peer that does not answer has had its chance.</summary>
    public async Task QuitAsync(ResiliencePipeline quit, CancellationToken ct) => await AskAsync("QUIT", quit, ct);

    /// <summary>From now on another conversation is told what is said, or none; the one before is told that it is over.</summary>
    public void TellTo(IConversation? next)
    {
        heard?.Closed(lost);
        heard = next;
    }

    public async ValueTask DisposeAsync()
    {
        await input.CompleteAsync();
        await connection.DisposeAsync();
        TellTo(null);
    }

    private async ValueTask<Answer> FlushedAsync(CancellationToken ct)
    {
        await FlushAsync(ct);
        return new Answer.Said(Sent);
    }

    private static readonly Reply Sent = new(250, null, "");

    // One command, one reply: with one too many every later reply would be taken for the answer to another command.
    private static readonly Answer.Lost OutOfTurn = new("the peer said more than it was asked");

    private async ValueTask FlushAsync(CancellationToken ct)
    {
        await connection.WriteAsync(output.WrittenMemory, ct);
        output.ResetWrittenCount();
    }

    private async ValueTask<Answer> ReadReplyAsync(CancellationToken ct)
    {
        while (true)
        {
            var read = await input.ReadAsync(ct);
            var buffer = read.Buffer;
            var state = replies.TryRead(ref buffer, out var reply);
            input.AdvanceTo(buffer.Start, state is ReplyRead.Incomplete ? buffer.End : buffer.Start);
            switch (state)
            {
                case ReplyRead.Whole:
                    saidTooMuch = !buffer.IsEmpty;
                    isClosing |= reply!.Code == 421;
                    heard?.Heard(reply);
                    return new Answer.Said(reply);
                case ReplyRead.Incomplete when !read.IsCompleted:
                    continue;
                case ReplyRead.Incomplete:
                    return new Answer.Lost("the peer closed the connection");
                default:
                    return new Answer.Lost($"the peer's reply is not SMTP ({Defect(state)})");
            }
        }
    }

    private async Task<Answer> GuardAsync(ResiliencePipeline phase, Func<CancellationToken, ValueTask<Answer>> exchange, CancellationToken ct)
    {
        var answer = await ExchangeAsync(phase, exchange, ct);
        if (answer is Answer.Lost(var reason)) lost = reason;
        return answer;
    }

    private static async Task<Answer> ExchangeAsync(ResiliencePipeline phase, Func<CancellationToken, ValueTask<Answer>> exchange, CancellationToken ct)
    {
        try
        {
            return await phase.ExecuteAsync(static (call, token) => call(token), exchange, ct);
        }
        catch (TimeoutRejectedException late)
        {
            return new Answer.Lost($"no answer within {late.Timeout.TotalSeconds:0} s");
        }
        catch (Exception broken) when (broken is IOException or SocketException)
        {
            return new Answer.Lost($"the connection broke: {(broken.InnerException as SocketException ?? broken).Message}");
        }
    }

    private static string Defect(ReplyRead state) => state switch
    {
        ReplyRead.NoCode => "a line without a reply code",
        ReplyRead.CodeChanged => "its lines carry different codes",
        ReplyRead.LineTooLong => "a line is too long",
        ReplyRead.TooLong => "it is too long",
        _ => "a line does not end in CRLF",
    };
}

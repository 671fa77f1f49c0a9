using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Polly;
using Polly.Timeout;
using Postoffice.Runner.Conversations;
using Postoffice.Runner.Pipelines;
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

    /// <summary>One command, one reply: with one too many every later reply would be taken for the answer to another command.</summary>
    public static readonly Answer.Lost OutOfTurn = new("the peer said more than it was asked");

    private const string Masked = "***";

    /// <summary>Characters; anything shorter is found in every reply.</summary>
    private const int ShortestSecret = 4;

    private readonly ArrayBufferWriter<byte> output = new();
    private readonly List<string> secrets = [];
    private IConversation? heard;
    private Stream connection;
    private PipeReader input;
    private ReplyReader replies = new();
    private string? lost; // why the session is of no more use
    private bool isClosing; // the peer said 421 (RFC 5321 §3.8)
    private bool saidTooMuch; // something came behind the last reply that nothing was asked for
    private Task<ReadResult>? ahead; // the read for the reply to the content, begun before its end is sent

    /// <param name="connection">Closed with the session.</param>
    /// <param name="heard">Told what is said; null when nobody listens.</param>
    public ClientSession(Stream connection, IConversation? heard = null)
    {
        (this.connection, this.heard) = (connection, heard);
        input = Reader(connection);
    }

    /// <summary>Protocol version and cipher suite, with a word if the certificate was verified; null in the clear.</summary>
    public string? Tls { get; private set; }

    /// <summary>Why TLS, although offered, did not come to be, and the session is a second one in the clear; else null.</summary>
    public string? TlsTrouble { get; private set; }

    /// <summary>After this no exchange begins any more; null for no limit.</summary>
    public Deadline? Deadline { get; set; }

    /// <summary>Whether another command makes sense.</summary>
    public bool IsUsable => lost is null && !isClosing && !saidTooMuch && RepliesDue == 0;

    /// <summary>Commands sent, or put to be sent, whose replies were not heard yet.</summary>
    public int RepliesDue { get; private set; }

    /// <summary>Waits for a reply: the greeting.</summary>
    /// <exception cref="OperationCanceledException">We are told to stop.</exception>
    public Task<Answer> HearAsync(ResiliencePipeline phase, CancellationToken ct)
    {
        RepliesDue++;
        return NextAsync(phase, ct);
    }

    /// <summary>Sends a command and waits for its reply.</summary>
    /// <exception cref="OperationCanceledException">We are told to stop.</exception>
    public Task<Answer> AskAsync(string command, ResiliencePipeline phase, CancellationToken ct)
    {
        Put(command);
        return NextAsync(phase, ct);
    }

    /// <summary>Puts a command behind those that are to be sent. <see cref="NextAsync"/> sends them, and is called once for each.</summary>
    /// <param name="command">Without CRLF; made of values that cannot hold one.</param>
    public void Put(string command)
    {
        if (command.AsSpan().ContainsAny('\r', '\n')) throw new ArgumentException("a command is one line", nameof(command));
        RepliesDue++;
        if (saidTooMuch) return; // nothing is sent any more
        Encoding.UTF8.GetBytes(command, output);
        output.Write("\r\n"u8);
        heard?.Sent(command);
    }

    /// <summary>Sends what was put, in one write, and waits for the next reply due.</summary>
    /// <exception cref="OperationCanceledException">We are told to stop.</exception>
    public Task<Answer> NextAsync(ResiliencePipeline phase, CancellationToken ct) => GuardAsync(phase, async token =>
    {
        if (saidTooMuch) return OutOfTurn;
        await FlushAsync(token);
        return await ReadReplyAsync(token);
    }, ct);

    /// <summary>Sends a line of an authentication and waits for its reply.</summary>
    /// <param name="told">Texts that nobody may see: a reply that repeats one loses its words, now and later.</param>
    /// <inheritdoc cref="AskAsync"/>
    public Task<Answer> AskSecretlyAsync(string command, IEnumerable<string> told, ResiliencePipeline phase, CancellationToken ct)
    {
        secrets.AddRange(told.Where(secret => secret.Length >= ShortestSecret));
        return AskAsync(command, phase, ct);
    }

    /// <summary>
    /// Goes on under TLS, after a 220 to STARTTLS (RFC 3207 §4). What came in the clear behind that reply was put there by somebody else
    /// (CVE-2011-0411 and its kind): the caller asks <see cref="HasSaidTooMuch"/> first.
    /// </summary>
    /// <param name="judged">Whether the handshake judges the certificate.</param>
    /// <returns>Null when it is done; else why the session is over.</returns>
    /// <exception cref="OperationCanceledException">We are told to stop.</exception>
    public async Task<Answer.Lost?> SecureAsync(SslClientAuthenticationOptions handshake, bool judged, ResiliencePipeline phase, CancellationToken ct)
    {
        var secure = new SslStream(connection);
        connection = secure; // closed with the session, whatever comes of it
        var answer = await GuardAsync(phase, async token =>
        {
            await secure.AuthenticateAsClientAsync(handshake, token);
            return new Answer.Said(Sent);
        }, ct);
        if (answer is Answer.Lost broken) return broken;
        await input.CompleteAsync();
        input = Reader(secure);
        var version = secure.SslProtocol is SslProtocols.Tls13 ? "TLSv1.3" : "TLSv1.2";
        Tls = $"{version} {secure.NegotiatedCipherSuite}{(judged ? ", verified" : "")}";
        heard?.Secured(Tls);
        return null;
    }

    /// <summary>Whether something came behind the last reply that nothing was asked for.</summary>
    public bool HasSaidTooMuch => saidTooMuch;

    /// <summary>Goes on over a new connection, in the clear.</summary>
    /// <param name="trouble">What was wrong with TLS over the one before.</param>
    public async Task BeginAgainAsync(Stream another, string trouble)
    {
        await input.CompleteAsync();
        await connection.DisposeAsync();
        heard?.BeganAgain(trouble);
        (connection, input, replies) = (another, Reader(another), new ReplyReader());
        output.ResetWrittenCount();
        (lost, isClosing, saidTooMuch, RepliesDue, TlsTrouble) = (null, false, false, 0, trouble);
    }

    /// <summary>Nothing more is to be said: the reason is told to who listens.</summary>
    public Answer.Lost GiveUp(string reason)
    {
        lost = reason;
        return new Answer.Lost(reason);
    }

    /// <summary>Sends content with its dots stuffed, all but the line with the final dot; memory does not grow with it.</summary>
    /// <returns>Null when it went out; else why not. Then the peer does not have the message.</returns>
    /// <exception cref="OperationCanceledException">We are told to stop; the peer does not have the message.</exception>
    public async Task<Answer.Lost?> SendAsync(Stream content, DotStuffer stuffer, ResiliencePipeline block, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MaxBlock);
        var octets = 0L;
        try
        {
            if (ListenAhead() is { } early) return early;
            for (int count; (count = await content.ReadAsync(buffer.AsMemory(0, MaxBlock), ct)) > 0;)
            {
                stuffer.Write(buffer.AsSpan(0, count), output);
                if (await GuardAsync(block, FlushedAsync, ct) is Answer.Lost broken) return broken;
                octets += count;
            }
            return await HeardAheadAsync(block, ct);
        }
        finally
        {
            heard?.SentContent(octets);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Sends what was put, and behind it octets that it announced.</summary>
    /// <returns>Null when they went out; else why not.</returns>
    /// <exception cref="OperationCanceledException">We are told to stop.</exception>
    public async Task<Answer.Lost?> SendAsync(ReadOnlyMemory<byte> octets, ResiliencePipeline block, CancellationToken ct)
    {
        if (saidTooMuch) return OutOfTurn; // what was put is not there: the octets would be taken for commands
        output.Write(octets.Span);
        heard?.SentContent(octets.Length);
        return await GuardAsync(block, FlushedAsync, ct) as Answer.Lost;
    }

    /// <summary>No reply is due. From here to the end of the content, whatever the peer says is no answer to it; see <see cref="HeardAheadAsync"/>.</summary>
    /// <returns>Not null when it has spoken already: its "250" would be taken for the answer to the content.</returns>
    public Answer.Lost? ListenAhead()
    {
        if (saidTooMuch) return OutOfTurn;
        ahead = input.ReadAsync(CancellationToken.None).AsTask();
        return null;
    }

    /// <summary>Asked before the end of the content is sent.</summary>
    /// <returns>Not null when the peer has spoken or hung up by now: it does not have the message.</returns>
    public async Task<Answer.Lost?> HeardAheadAsync(ResiliencePipeline limit, CancellationToken ct) =>
        ahead is { IsCompleted: true } heardAhead
            ? await GuardAsync(limit, async _ => (await heardAhead).Buffer.IsEmpty ? Closed : OutOfTurn, ct) as Answer.Lost
            : null;

    /// <summary>Ends the content and waits for the peer's word on it. Once this was called, no answer means: perhaps it has the message (RFC 1047).</summary>
    public Task<Answer> FinishAsync(DotStuffer stuffer, ResiliencePipeline dot, CancellationToken ct) => GuardAsync(dot, async token =>
    {
        RepliesDue++;
        stuffer.Finish(output);
        await FlushAsync(token);
        return await ReadReplyAsync(token);
    }, ct);

    /// <summary>Sends what was put, and the last octets that it announced; then as with the final dot.</summary>
    /// <inheritdoc cref="FinishAsync(DotStuffer, ResiliencePipeline, CancellationToken)"/>
    public Task<Answer> FinishAsync(ReadOnlyMemory<byte> octets, ResiliencePipeline dot, CancellationToken ct) => GuardAsync(dot, async token =>
    {
        output.Write(octets.Span);
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
        if (ahead is not null)
        {
            input.CancelPendingRead();
            await ((Task)ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // nobody waits for its answer any more
        }
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
    private static readonly Answer.Lost Closed = new("the peer closed the connection");

    private async ValueTask FlushAsync(CancellationToken ct)
    {
        await connection.WriteAsync(output.WrittenMemory, ct);
        output.ResetWrittenCount();
    }

    private async ValueTask<Answer> ReadReplyAsync(CancellationToken ct)
    {
        while (true)
        {
            var read = await (ahead is null ? input.ReadAsync(ct) : new ValueTask<ReadResult>(ahead.WaitAsync(ct)));
            ahead = null;
            var buffer = read.Buffer;
            var state = replies.TryRead(ref buffer, out var reply);
            input.AdvanceTo(buffer.Start, state is ReplyRead.Incomplete ? buffer.End : buffer.Start);
            switch (state)
            {
                case ReplyRead.Whole:
                    RepliesDue--;
                    saidTooMuch = RepliesDue == 0 && !buffer.IsEmpty;
                    isClosing |= reply!.Code == 421;
                    if (secrets.Exists(secret => reply.Text.Contains(secret, StringComparison.Ordinal))) reply = reply with { Text = Masked };
                    heard?.Heard(reply);
                    return new Answer.Said(reply);
                case ReplyRead.Incomplete when !read.IsCompleted:
                    continue;
                case ReplyRead.Incomplete:
                    return Closed;
                default:
                    return new Answer.Lost($"the peer's reply is not SMTP ({Defect(state)})");
            }
        }
    }

    private async Task<Answer> GuardAsync(ResiliencePipeline phase, Func<CancellationToken, ValueTask<Answer>> exchange, CancellationToken ct)
    {
        var answer = Deadline is { IsOver: true } late
            ? new Answer.Lost($"the transaction took longer than {late.Limit.TotalSeconds:0} s (smtp-transaction-timeout=)")
            : await ExchangeAsync(phase, exchange, ct);
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
        catch (AuthenticationException refused)
        {
            return new Answer.Lost(refused.GetBaseException().Message);
        }
    }

    private static PipeReader Reader(Stream connection) => PipeReader.Create(connection, new StreamPipeReaderOptions(leaveOpen: true));

    private static string Defect(ReplyRead state) => state switch
    {
        ReplyRead.NoCode => "a line without a reply code",
        ReplyRead.CodeChanged => "its lines carry different codes",
        ReplyRead.LineTooLong => "a line is too long",
        ReplyRead.TooLong => "it is too long",
        _ => "a line does not end in CRLF",
    };
}

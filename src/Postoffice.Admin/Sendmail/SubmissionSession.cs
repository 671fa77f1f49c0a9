using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;
using Postoffice.Store.Wire;

namespace Postoffice.Admin.Sendmail;

/// <summary>
/// Hands a message to the listener's Unix socket as ESMTP, in as many transactions as its limit of recipients asks for (RFC 5321 §4.5.3.1.10). The kernel tells the listener who we are, so nothing here says it. NOTIFY, RET, ENVID
/// and SMTPUTF8 are sent whether announced or not: the listener on this socket is our own and keeps them.
/// </summary>
internal sealed class SubmissionSession(Stream link, Submission submission, TimeProvider clock)
{
    private const int ChunkOctets = 64 * 1024;

    // RFC 5321 §4.5.3.2: what a client grants a server, one limit for all replies but the one to the final dot.
    private static readonly TimeSpan ReplyLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan FinalReplyLimit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan WriteLimit = TimeSpan.FromMinutes(3);

    private readonly PipeReader octets = PipeReader.Create(link);
    private readonly ReplyReader replies = new();
    private readonly List<RefusedRecipient> refused = [];
    private IReadOnlyList<ForwardPath> left = submission.Recipients; // those the listener has not answered for

    /// <summary>
    /// Connects, hands over, and says what came of it. Whatever goes wrong before the reply to a final dot is <see cref="SubmissionResult.NotNow"/>
    /// for the recipients of that transaction and the later ones; what was taken stays taken.
    /// </summary>
    /// <param name="content">Read once for each transaction.</param>
    public static async Task<SubmissionResult> SubmitAsync(
        string socketPath, Submission submission, Func<Stream> content, TimeProvider clock, CancellationToken ct)
    {
        SubmissionSession? session = null;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), ct);
            await using var link = new NetworkStream(socket);
            session = new SubmissionSession(link, submission, clock);
            return await session.RunAsync(content, ct);
        }
        catch (Exception trouble) when (trouble is SocketException or IOException or ArgumentException)
        {
            var why = $"{socketPath}: {UnixSockets.Reason(trouble)}";
            return session?.NotNow(why) ?? new SubmissionResult.NotNow(why, submission.Recipients, []); // ArgumentException: the path is too long for a socket
        }
    }

    private async Task<SubmissionResult> RunAsync(Func<Stream> content, CancellationToken ct)
    {
        var greeting = await ReplyAsync(ReplyLimit, ct);
        if (!greeting.IsPositive) return Turned(greeting);
        var hello = await AskAsync("EHLO localhost", ct);
        if (!hello.IsPositive) return Turned(hello);
        while (left.Count > 0)
        {
            if (await TransactionAsync(content, ct) is { } turned) return turned;
        }
        await QuitAsync(ct);
        return refused.Count == submission.Recipients.Count ? new SubmissionResult.NoRecipient(refused) : new SubmissionResult.Accepted(refused);
    }

    /// <summary>As many of those left as the listener takes at once.</summary>
    /// <returns>Null when it has answered for them.</returns>
    private async Task<SubmissionResult?> TransactionAsync(Func<Stream> content, CancellationToken ct)
    {
        var mail = await AskAsync($"MAIL FROM:<{submission.From}>{MailParameters()}", ct);
        if (!mail.IsPositive) return Turned(mail);

        var unknown = new List<RefusedRecipient>();
        var asked = 0;
        for (; asked < left.Count; asked++)
        {
            var reply = await AskAsync($"RCPT TO:<{left[asked]}>{RcptParameters()}", ct);
            if (asked > unknown.Count && IsFull(reply)) break;
            if (reply.IsTransient) return Turned(reply); // all or none of them now: one drop file, one later try
            if (!reply.IsPositive) unknown.Add(new RefusedRecipient(left[asked], reply));
        }
        if (asked > unknown.Count)
        {
            var data = await AskAsync("DATA", ct);
            if (data.Code != 354) return Turned(data);
            var final = await SendAsync(content(), ct);
            if (!final.IsPositive) return Turned(final);
        }
        refused.AddRange(unknown);
        left = [.. left.Skip(asked)];
        return null;
    }

    /// <summary>452 4.5.3, too many recipients: the others are for another transaction (RFC 5321 §4.5.3.1.10).</summary>
    private static bool IsFull(Reply reply) => reply.Status is { Class: 4, Subject: 5, Detail: 3 };

    /// <summary>The message is the listener's by now: whatever happens to the session changes nothing.</summary>
    private async Task QuitAsync(CancellationToken ct)
    {
        try
        {
            await WriteAsync("QUIT\r\n"u8.ToArray(), ct);
        }
        catch (IOException)
        {
            // It was quicker than we in closing.
        }
    }

    private SubmissionResult.NotNow NotNow(string why) => new(why, left, refused);

    private SubmissionResult Turned(Reply reply)
    {
        if (!reply.IsPermanent) return NotNow($"the listener answered {PrintableText.Escape($"{reply}")}");
        if (left.Count == submission.Recipients.Count) return new SubmissionResult.Refused(reply);
        return new SubmissionResult.Accepted([.. refused, .. left.Select(recipient => new RefusedRecipient(recipient, reply))]);
    }

    private string MailParameters()
    {
        var parameters = new StringBuilder();
        if (submission.Body is { } body) parameters.Append(" BODY=").Append(body);
        if (submission.NeedsUtf8) parameters.Append(" SMTPUTF8");
        if (DsnParameters.Format(submission.Ret) is { } ret) parameters.Append(" RET=").Append(ret);
        if (submission.EnvelopeId is { } id) parameters.Append(" ENVID=").Append(XText.Encode(id));
        return parameters.ToString();
    }

    private string RcptParameters() =>
        DsnParameters.Format(submission.Notify) is { } notify ? $" NOTIFY={notify}" : "";

    private async Task<Reply> AskAsync(string command, CancellationToken ct)
    {
        await WriteAsync(Encoding.UTF8.GetBytes(command + "\r\n"), ct);
        return await ReplyAsync(ReplyLimit, ct);
    }

    private async Task<Reply> SendAsync(Stream content, CancellationToken ct)
    {
        var chunk = new byte[ChunkOctets];
        var wire = new ArrayBufferWriter<byte>(ChunkOctets + 1024);
        var stuffer = new DotStuffer();
        for (int read; (read = await content.ReadAsync(chunk, ct)) > 0;)
        {
            stuffer.Write(chunk.AsSpan(0, read), wire);
            await WriteAsync(wire.WrittenMemory, ct);
            wire.ResetWrittenCount();
        }
        stuffer.Finish(wire);
        await WriteAsync(wire.WrittenMemory, ct);
        return await ReplyAsync(FinalReplyLimit, ct);
    }

    private Task WriteAsync(ReadOnlyMemory<byte> wire, CancellationToken ct) =>
        WithinAsync(WriteLimit, async limited =>
        {
            await link.WriteAsync(wire, limited);
            return true;
        }, ct);

    private Task<Reply> ReplyAsync(TimeSpan limit, CancellationToken ct) => WithinAsync(limit, async limited =>
    {
        while (true)
        {
            var result = await octets.ReadAsync(limited);
            var buffer = result.Buffer;
            var read = replies.TryRead(ref buffer, out var reply);
            octets.AdvanceTo(buffer.Start, reply is null ? buffer.End : buffer.Start);
            if (reply is not null) return reply;
            if (read != ReplyRead.Incomplete) throw new IOException($"what answers there speaks no SMTP ({read})");
            if (result.IsCompleted) throw new IOException("the listener closed the connection");
        }
    }, ct);

    private async Task<T> WithinAsync<T>(TimeSpan limit, Func<CancellationToken, Task<T>> work, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct);
        try
        {
            return await work(either.Token);
        }
        catch (OperationCanceledException late) when (deadline.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new IOException($"the listener did not answer within {limit.TotalMinutes} minutes", late);
        }
    }
}

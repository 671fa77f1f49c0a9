using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using Postoffice.Store.Mail;
using Postoffice.Store.Wire;

namespace Postoffice.Admin.Sendmail;

/// <summary>
/// Hands a message to the listener's Unix socket as ESMTP. The kernel tells the listener who we are, so nothing here says it. NOTIFY, RET, ENVID
/// and SMTPUTF8 are sent whether announced or not: the listener on this socket is our own and keeps them.
/// </summary>
internal sealed class SubmissionSession(Stream link, TimeProvider clock)
{
    private const int ChunkOctets = 64 * 1024;

    // RFC 5321 §4.5.3.2: what a client grants a server, one limit for all replies but the one to the final dot.
    private static readonly TimeSpan ReplyLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan FinalReplyLimit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan WriteLimit = TimeSpan.FromMinutes(3);

    private readonly PipeReader octets = PipeReader.Create(link);
    private readonly ReplyReader replies = new();

    /// <summary>Connects, hands over, and says what came of it. Whatever goes wrong before the last reply is <see cref="SubmissionResult.NotNow"/>.</summary>
    public static async Task<SubmissionResult> SubmitAsync(
        string socketPath, Submission submission, Stream content, TimeProvider clock, CancellationToken ct)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), ct);
            await using var link = new NetworkStream(socket);
            return await new SubmissionSession(link, clock).RunAsync(submission, content, ct);
        }
        catch (Exception trouble) when (trouble is SocketException or IOException or ArgumentException)
        {
            return new SubmissionResult.NotNow($"{socketPath}: {trouble.Message}"); // ArgumentException: the path is too long for a socket
        }
    }

    private async Task<SubmissionResult> RunAsync(Submission submission, Stream content, CancellationToken ct)
    {
        var greeting = await ReplyAsync(ReplyLimit, ct);
        if (!greeting.IsPositive) return Turned(greeting);
        var hello = await AskAsync("EHLO localhost", ct);
        if (!hello.IsPositive) return Turned(hello);
        var mail = await AskAsync($"MAIL FROM:<{submission.From}>{MailParameters(submission)}", ct);
        if (!mail.IsPositive) return Turned(mail);

        var refused = new List<RefusedRecipient>();
        foreach (var recipient in submission.Recipients)
        {
            var reply = await AskAsync($"RCPT TO:<{recipient}>{RcptParameters(submission)}", ct);
            if (reply.IsTransient) return Turned(reply); // all or none now: one drop file, one later try
            if (!reply.IsPositive) refused.Add(new RefusedRecipient(recipient, reply));
        }
        if (refused.Count == submission.Recipients.Count) return new SubmissionResult.NoRecipient(refused);

        var data = await AskAsync("DATA", ct);
        if (data.Code != 354) return Turned(data);
        var final = await SendAsync(content, ct);
        if (!final.IsPositive) return Turned(final);
        await WriteAsync("QUIT\r\n"u8.ToArray(), ct);
        return new SubmissionResult.Accepted(final, refused);
    }

    private static SubmissionResult Turned(Reply reply) => reply.IsPermanent
        ? new SubmissionResult.Refused(reply)
        : new SubmissionResult.NotNow($"the listener answered {PrintableText.Escape($"{reply}")}");

    private static string MailParameters(Submission submission)
    {
        var parameters = new StringBuilder();
        if (submission.Body is { } body) parameters.Append(" BODY=").Append(body);
        if (submission.NeedsUtf8) parameters.Append(" SMTPUTF8");
        if (DsnParameters.Format(submission.Ret) is { } ret) parameters.Append(" RET=").Append(ret);
        if (submission.EnvelopeId is { } id) parameters.Append(" ENVID=").Append(XText.Encode(id));
        return parameters.ToString();
    }

    private static string RcptParameters(Submission submission) =>
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

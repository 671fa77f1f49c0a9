using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using Postoffice.Runner.Deliverer.Protocol;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Deliverer;

/// <summary>
/// The runner's end of the deliverer: starts it as a child and speaks with it over the child's standard input and output. Safe for
/// many deliveries at once. A second delivery to an mbox is prepared when the first to it has ended, so never wait for two of them
/// together before committing either.
/// </summary>
internal sealed class DelivererClient : IAsyncDisposable
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    private readonly Process child;
    private readonly FrameLink link;
    private readonly SemaphoreSlim places = new(Frame.MaxInFlight);

    private DelivererClient(Process child)
    {
        this.child = child;
        link = new FrameLink(child.StandardOutput.BaseStream, child.StandardInput.BaseStream);
        Ended = WaitForEndAsync();
    }

    /// <summary>Completes with the child's exit code when it has ended; every open call has then got its <c>Gone</c>.</summary>
    public Task<int> Ended { get; }

    public int ProcessId => child.Id;

    /// <summary>Deliveries and other calls that have begun and not ended.</summary>
    public int InFlight => Frame.MaxInFlight - places.CurrentCount;

    /// <summary>
    /// Starts this program once more as <c>--deliver -C FILE</c>, with the rights it has now: call it before the runner drops its own.
    /// Waits until the child has read its configuration.
    /// </summary>
    /// <returns>Null when the child ended instead of getting ready; it has said why on standard error.</returns>
    public static Task<DelivererClient?> StartAsync(string? configurationFile, CancellationToken ct) =>
        StartAsync("/proc/self/exe", configurationFile, ct);

    /// <param name="program">The runner's program file.</param>
    /// <inheritdoc cref="StartAsync(string, CancellationToken)"/>
    internal static async Task<DelivererClient?> StartAsync(string program, string? configurationFile, CancellationToken ct)
    {
        var start = new ProcessStartInfo(program, configurationFile is null ? ["--deliver"] : ["--deliver", "-C", configurationFile])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        var client = new DelivererClient(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start"));
        if (await client.link.Ready.WaitAsync(ct)) return client;
        await client.DisposeAsync();
        return null;
    }

    /// <summary>
    /// First phase: checks user and mailbox, stores the content beside the mailbox (Maildir: synced in <c>tmp</c>) or locks the mailbox
    /// (mbox), and says what the intent must record.
    /// </summary>
    /// <param name="content">The final message with CRLF line ends, Return-Path and Delivered-To included; read to its end, not completed.</param>
    /// <exception cref="OperationCanceledException">The delivery was aborted.</exception>
    public async Task<PrepareResult> PrepareAsync(DeliveryRequest request, PipeReader content, CancellationToken ct)
    {
        await places.WaitAsync(ct);
        var keepsPlace = false;
        try
        {
            var delivery = link.NextCall();
            var answer = await SendAndWaitAsync(delivery, request, content, ct);
            keepsPlace = answer is { Kind: FrameKind.Prepared };
            return answer switch
            {
                { Kind: FrameKind.Prepared } => new PrepareResult.Prepared(delivery, Messages.ReadEvidence(answer.Payload)),
                { Kind: FrameKind.Failed } => new PrepareResult.Failed(Messages.ReadFailure(answer.Payload)),
                null => new PrepareResult.Gone(),
                _ => throw Unexpected(answer),
            };
        }
        finally
        {
            if (!keepsPlace) places.Release();
        }
    }

    /// <summary>Second phase, once the intent is durable: appends or renames, and syncs.</summary>
    /// <remarks>An mbox is kept locked for the deliverer's hold limit (30 s) at most; after that the answer is a temporary failure and the mailbox untouched.</remarks>
    public async Task<DeliveryOutcome> CommitAsync(PrepareResult.Prepared prepared)
    {
        var answer = await EndAsync(FrameKind.Commit, prepared.Delivery);
        return Outcome(answer);
    }

    /// <summary>Instead of <see cref="CommitAsync"/>, as long as no intent is committed: leaves nothing behind and unlocks.</summary>
    public Task AbortAsync(PrepareResult.Prepared prepared) => EndAsync(FrameKind.Abort, prepared.Delivery);

    /// <summary>
    /// Instead of <see cref="CommitAsync"/>, when nobody knows whether the intent will turn out to be committed: unlocks, and leaves a Maildir's
    /// file in <c>tmp</c>, whose absence would prove a delivery. Without an intent the sweep removes it.
    /// </summary>
    public Task ReleaseAsync(PrepareResult.Prepared prepared) => EndAsync(FrameKind.Release, prepared.Delivery);

    /// <summary>After a crash: asks the mailbox how a delivery with a committed intent ended, and tidies up. Asking again is harmless.</summary>
    public async Task<DeliveryOutcome> RecoverAsync(string user, QueueId id, MailboxEvidence evidence, CancellationToken ct) =>
        Outcome(await CallAsync(FrameKind.Recover, Messages.Write(new RecoverRequest(user, id, evidence)), ct));

    /// <summary>The text of the file that <c>smtp-auth=</c> names now, read with the deliverer's rights.</summary>
    /// <returns>Null and why, a sentence, when it cannot be had.</returns>
    public async Task<(string? Text, string Reason)> ReadCredentialsAsync(CancellationToken ct) =>
        await CallAsync(FrameKind.ReadCredentials, new FieldWriter(), ct) switch
        {
            { Kind: FrameKind.Credentials } answer => (Messages.ReadCredentials(answer.Payload), ""),
            { Kind: FrameKind.Failed } answer => (null, Messages.ReadFailure(answer.Payload).Reason),
            null => (null, "the deliverer, which reads the file, has ended"),
            var answer => throw Unexpected(answer),
        };

    /// <summary>
    /// Removes files of ours from a Maildir's <c>tmp</c> that are older than 36 hours (the Maildir convention) and that
    /// <paramref name="keep"/> does not name.
    /// </summary>
    /// <param name="keep">Names of <see cref="MailboxEvidence.Maildir"/> whose intents are open: a swept one would look delivered. 250 at most.</param>
    /// <returns>How many were removed; null when the mailbox could not be looked at or the deliverer ended.</returns>
    public async Task<int?> SweepAsync(string user, IReadOnlyCollection<string> keep, CancellationToken ct)
    {
        var answer = await CallAsync(FrameKind.Sweep, Messages.Write(new SweepRequest(user, keep)), ct);
        return answer is { Kind: FrameKind.Swept } ? (int)Messages.ReadNumber(answer.Payload, int.MaxValue) : null;
    }

    /// <summary>
    /// Closes the child's standard input, which ends it, and waits 5 s for that. One that hangs in a system call ends by itself when the call
    /// comes back; to kill it we have no right.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        link.CloseWriting();
        if (await Task.WhenAny(Ended, Task.Delay(EndLimit, TimeProvider.System)) != Ended) return;
        child.Dispose();
        link.Dispose(); // but not the places: calls that were open give theirs back as they end
    }

    private async Task<Answer?> SendAndWaitAsync(uint delivery, DeliveryRequest request, PipeReader content, CancellationToken ct)
    {
        var call = link.Open(delivery);
        try
        {
            if (!await link.SendAsync(Messages.Write(request).Finish(FrameKind.Prepare, delivery), goesOn: true)) return null;
            await SendContentAsync(delivery, call, content, ct);
            return await call.Answer.WaitAsync(ct);
        }
        catch
        {
            // Cancelled, or the content cannot be read: the deliverer must not wait for the rest, nor keep what crossed this.
            await link.SendAsync(new FieldWriter().Finish(FrameKind.Abort, delivery));
            await call.Answer;
            throw;
        }
        finally
        {
            link.Close(delivery);
        }
    }

    private async Task SendContentAsync(uint delivery, PendingCall call, PipeReader content, CancellationToken ct)
    {
        while (true)
        {
            var read = await content.ReadAsync(ct);
            var buffer = read.Buffer;
            while (!buffer.IsEmpty)
            {
                var piece = buffer.Slice(0, Math.Min(buffer.Length, Frame.MaxContent));
                if (!await call.SpendAsync((int)piece.Length, ct)) return;
                if (!await link.SendContentAsync(delivery, piece)) return;
                buffer = buffer.Slice(piece.End);
            }
            content.AdvanceTo(buffer.End);
            if (read.IsCompleted) break;
        }
        await link.SendAsync(new FieldWriter().Finish(FrameKind.ContentEnd, delivery));
    }

    private async Task<Answer?> EndAsync(FrameKind kind, uint delivery)
    {
        var call = link.Open(delivery);
        try
        {
            if (!await link.SendAsync(new FieldWriter().Finish(kind, delivery))) return null;
            return await call.Answer;
        }
        finally
        {
            link.Close(delivery);
            places.Release();
        }
    }

    private async Task<Answer?> CallAsync(FrameKind kind, FieldWriter fields, CancellationToken ct)
    {
        await places.WaitAsync(ct);
        var number = link.NextCall();
        var call = link.Open(number);
        try
        {
            return await link.SendAsync(fields.Finish(kind, number)) ? await call.Answer : null;
        }
        finally
        {
            link.Close(number);
            places.Release();
        }
    }

    private static DeliveryOutcome Outcome(Answer? answer) => answer switch
    {
        { Kind: FrameKind.Delivered } => new DeliveryOutcome.Delivered(),
        { Kind: FrameKind.NotDelivered } => new DeliveryOutcome.NotDelivered(),
        { Kind: FrameKind.Failed } => new DeliveryOutcome.Failed(Messages.ReadFailure(answer.Payload)),
        { Kind: FrameKind.InDoubt } => new DeliveryOutcome.InDoubt(Messages.ReadReason(answer.Payload)),
        null => new DeliveryOutcome.Gone(),
        _ => throw Unexpected(answer),
    };

    private static InvalidDataException Unexpected(Answer answer) => new($"the deliverer answered with frame {answer.Kind}");

    private async Task<int> WaitForEndAsync()
    {
        await link.ReadToEndAsync();
        // Its output has ended, or is not to be understood any more: either way it is of no use, and closing its input ends it.
        link.CloseWriting();
        await child.WaitForExitAsync(CancellationToken.None);
        return child.ExitCode;
    }
}

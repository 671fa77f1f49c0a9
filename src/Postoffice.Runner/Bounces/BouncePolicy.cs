using System.Diagnostics.CodeAnalysis;
using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Bounces;

/// <summary>
/// Who is told of a failure, a delay, a delivery. The sender; of a failure the postmaster when there is none to tell, which ends a bounce that
/// bounces with him (C-BNC-02, C-BNC-04); nobody when that fails too, so nothing ever loops. The notification is a message like any other, made
/// in the append that records the failure: there is no moment at which a failure is known and its report can get lost.
/// </summary>
internal sealed class BouncePolicy(DsnComposer composer, IContentStore content, QueueIdSource ids, DomainName self)
{
    /// <summary>The word for our own notices in <see cref="MessageOrigin.Protocol"/>.</summary>
    private const string OwnNotice = "DSN";

    private const string Postmaster = "postmaster";

    /// <summary>What to append beside the facts that led to it.</summary>
    /// <remarks>A message that breaks the making of its notification is one that nobody is told of: what happened to it must be recorded.</remarks>
    /// <param name="message">With those facts folded in.</param>
    /// <exception cref="StoreUnavailableException">The notification could not be staged.</exception>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever is wrong with the notification, the outcome is recorded.")]
    public async ValueTask<Bounce> ReportAsync(QueuedMessage message, SenderReport report, BounceCause cause, CancellationToken ct)
    {
        List<QueueEvent> told = [];
        if (report.Untold.Count > 0) told.Add(new DsnQueued(null, report.Untold, "the sender asked not to be told (NOTIFY)"));
        if (report.Told.Count == 0) return new Bounce([OnMessage(message, told, cause)], told, null, null);
        if (IsLast(message, report))
        {
            told.Add(new DsnQueued(null, Numbers(report.Told), "a notification to postmaster failed; there is nobody left to tell"));
            return new Bounce([OnMessage(message, told, cause)], told, null, null) { IsLast = true };
        }

        try
        {
            return await ComposeAsync(message, report, told, cause, ct);
        }
        catch (Exception surprise) when (surprise is not (StoreUnavailableException or OperationCanceledException or OutOfMemoryException))
        {
            var reason = KeptText.Of($"the notification could not be made: {surprise.Message}");
            told.AddRange(Told(report, dsn: null, reason));
            return new Bounce([OnMessage(message, told, cause)], told, null, null) { Surprise = surprise };
        }
    }

    private async Task<Bounce> ComposeAsync(QueuedMessage message, SenderReport report, List<QueueEvent> told, BounceCause cause, CancellationToken ct)
    {
        var id = ids.Next();
        var to = ForwardPath.To(AddressOf(message.Accepted.From));
        var staging = content.Stage(id);
        try
        {
            var isEightBit = await composer.ComposeAsync(message, report.Told, to, id, staging, ct);
            var staged = await staging.CompleteAsync(ct);
            var accepted = new MessageAccepted(
                ReversePath.Null, [new AcceptedRecipient(1, to)], new MessageOrigin(OwnNotice), staged.Length, staged.Sha256,
                Body: isEightBit ? "8BITMIME" : null, SmtpUtf8: !to.Mailbox.IsAscii);
            var notice = new StreamAppend(StreamId.Message(id), ExpectedVersion.NoStream, [accepted, new HeadersAdded([], HasHeader: true)]);
            List<QueueEvent> facts = [.. told, .. Told(report, id)];
            return new Bounce([cause.Of(notice), OnMessage(message, facts, cause)], facts, staged, staging);
        }
        catch
        {
            await staging.DisposeAsync();
            throw;
        }
    }

    private static IEnumerable<DsnQueued> Told(SenderReport report, QueueId? dsn, string? reason = null) =>
        report.Told.GroupBy(one => one.Action, (action, of) => new DsnQueued(dsn, Numbers(of), reason, action));

    private static StreamAppend OnMessage(QueuedMessage message, List<QueueEvent> told, BounceCause cause) => cause.Of(new(
        StreamId.Message(message.Id), cause.Fact is null ? ExpectedVersion.At(message.Version) : ExpectedVersion.Any, told.ToValueList()));

    private static ValueList<int> Numbers(IEnumerable<ReportedRecipient> recipients) =>
        recipients.Select(one => one.Recipient.Number).ToValueList();

    private bool IsLast(QueuedMessage message, SenderReport report) =>
        message.Accepted.From.IsNull && report.Told.All(one => IsPostmaster(one.Recipient.Accepted.To.Mailbox));

    private Mailbox AddressOf(ReversePath from)
    {
        if (from.Mailbox is { IsLocalPartOnly: false } sender) return sender;
        return (from.Mailbox ?? Mailbox.Parse(Postmaster)).At(self) ?? Mailbox.Parse(Postmaster);
    }

    /// <summary>Ours: a bounce to another postmaster may still be told to him.</summary>
    private bool IsPostmaster(Mailbox mailbox) =>
        mailbox.LocalPart.Equals(Postmaster, StringComparison.OrdinalIgnoreCase) && (mailbox.Domain is not { } domain || domain == self);
}

/// <summary>What led to a notification.</summary>
/// <param name="Fact">Where it stands in the same append; null when it is in the journal already.</param>
/// <param name="Position">Its position in the journal; null when it is in the same append.</param>
internal readonly record struct BounceCause(int? Fact, long? Position)
{
    public StreamAppend Of(StreamAppend append) => append with { CausedByFact = Fact, CausedBy = Position };
}

/// <summary>What goes into an append so that somebody is told. Disposing it before the append succeeded forgets the notification.</summary>
/// <param name="Streams">Every stream to append to beside the failure's.</param>
/// <param name="Told">The facts among them on the message's own stream.</param>
/// <param name="Content">The notification; null when nobody is told.</param>
internal sealed record Bounce(
    ValueList<StreamAppend> Streams, IReadOnlyList<QueueEvent> Told, StagedContent? Content, IContentStaging? Staging) : IAsyncDisposable
{
    /// <summary>A failure of which nobody is left to be told.</summary>
    public bool IsLast { get; init; }

    /// <summary>Why the notification could not be made, which must not cost the outcome; null when it was.</summary>
    public Exception? Surprise { get; init; }

    public ValueTask DisposeAsync() => Staging?.DisposeAsync() ?? ValueTask.CompletedTask;
}

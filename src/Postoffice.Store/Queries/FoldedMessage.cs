using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Store.Queries;

/// <summary>A message read from its facts rather than from rows: what lists show while the rows lag behind the journal.</summary>
internal sealed class FoldedMessage
{
    private readonly QueuedMessage message;
    private readonly Dictionary<long, DateTimeOffset> times;

    private FoldedMessage(QueuedMessage message, IReadOnlyList<RecordedEvent> facts)
    {
        this.message = message;
        times = facts.ToDictionary(fact => fact.Position, fact => fact.RecordedAt);
    }

    /// <summary>Null when there are no facts.</summary>
    public static FoldedMessage? Of(QueueId id, IReadOnlyList<RecordedEvent> facts) =>
        QueuedMessage.Fold(id, facts) is { } message ? new FoldedMessage(message, facts) : null;

    /// <summary>The local user who handed it in; null when none did.</summary>
    public long? Uid => message.Accepted.Client.Uid;

    /// <summary>As the queue shows it; null when nobody waits any more.</summary>
    public QueueEntry? AsQueueEntry()
    {
        var waiting = message.Recipients.Values.Where(recipient => !recipient.IsSettled).ToArray();
        return waiting.Length == 0 ? null : new QueueEntry(
            $"{message.Id}",
            message.AcceptedAt,
            $"{message.Accepted.From}",
            message.Accepted.Size,
            message.Held,
            waiting.Any(recipient => recipient.State == RecipientState.Trying),
            [.. waiting.Select(recipient => new WaitingRecipient(
                recipient.Number, $"{recipient.Accepted.To}", recipient.Attempts, recipient.DueAt, Words(recipient)))],
            Rerouted: message.Rerouted?.Words());
    }

    public HistoryEntry AsHistoryEntry() => new(
        $"{message.Id}",
        message.AcceptedAt,
        $"{message.Accepted.From}",
        message.Accepted.Size,
        message.Accepted.Client.Address,
        message.Accepted.Client.Protocol,
        message.IsFinished ? null : message.Held,
        message.IsFinished ? SettledAt(message.Recipients.Values.MaxBy(recipient => recipient.SettledBy)!) : null, // clocks may be set back
        message.ContentPurged,
        [.. message.Recipients.Values.Select(recipient => new HistoryRecipient(
            recipient.Number,
            $"{recipient.Accepted.To}",
            Status(recipient),
            recipient.Attempts,
            recipient.IsSettled ? null : recipient.DueAt,
            Words(recipient),
            SettledAt(recipient)))],
        message.Rerouted?.Words());

    private static string? Words(QueuedRecipient recipient) => recipient.Ending ?? recipient.Last?.InWords();

    private static string Status(QueuedRecipient recipient) => recipient.State switch
    {
        RecipientState.Delivered => "delivered",
        RecipientState.Failed => "failed",
        RecipientState.Expired => "expired",
        RecipientState.Cancelled => "cancelled",
        _ => recipient.Last?.Result is OutcomeKind.InDoubt ? "in-doubt" : "pending",
    };

    private DateTimeOffset? SettledAt(QueuedRecipient recipient) =>
        recipient.SettledBy is { } position && times.TryGetValue(position, out var at) ? at : null;
}

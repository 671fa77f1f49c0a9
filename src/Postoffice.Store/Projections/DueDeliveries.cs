using Postoffice.Store.Events;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Projections;

/// <summary>Which recipient waits until when, and which one has an attempt under way: what the runner acts on.</summary>
public sealed class DueDeliveries : IProjection
{
    public string Name => "due_delivery";
    public int Version => 2;
    public bool Inline => true;
    public IReadOnlyList<ProjectionTable> Tables { get; } =
        [new("due_delivery", ["queue_id", "recipient", "domain", "due_at_ms", "attempt", "held"], Key: 2)];

    public void Fold(RecordedEvent recorded, StoreTransaction tx)
    {
        if (recorded.Fact is FactsPurged purged)
        {
            // Only a fold beside the live rows meets this with rows left: it read some facts of a message before the others were purged.
            foreach (var gone in purged.Messages) tx.Run("DELETE FROM due_delivery WHERE queue_id = ?1", gone.ToString());
            return;
        }
        if (!recorded.Stream.TryGetMessage(out var message)) return;
        var id = message.ToString();
        switch (recorded.Fact)
        {
            case MessageAccepted accepted:
                foreach (var recipient in accepted.Recipients) Add(recipient);
                break;
            case AttemptStarted started:
                foreach (var recipient in started.Recipients) Start(recipient, started.Attempt);
                break;
            case AttemptEnded ended:
                foreach (var outcome in ended.Outcomes)
                {
                    if (outcome.Result is OutcomeKind.Delivered or OutcomeKind.Refused) Drop(outcome.Recipient);
                    else Wait(outcome.Recipient, outcome.NextAttemptAt ?? recorded.RecordedAt);
                }
                break;
            case RecipientExpired expired:
                foreach (var recipient in expired.Recipients) Drop(recipient);
                break;
            case MessageCancelled cancelled:
                foreach (var recipient in cancelled.Recipients) Drop(recipient);
                break;
            case WaitShortened shortened:
                foreach (var recipient in shortened.Recipients) Wait(recipient, shortened.NextAttemptAt);
                break;
            case MessageRerouted:
                tx.Run("UPDATE due_delivery SET domain = '' WHERE queue_id = ?1", id); // it does not wait with its domain's mail any more
                break;
            case MessageHeld:
                tx.Run("UPDATE due_delivery SET held = 1 WHERE queue_id = ?1", id);
                break;
            case MessageReleased:
                tx.Run("UPDATE due_delivery SET held = 0 WHERE queue_id = ?1", id);
                break;
            default:
                break;
        }

        void Add(AcceptedRecipient recipient) => tx.Run(
            """
            INSERT INTO due_delivery (queue_id, recipient, domain, due_at_ms) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (queue_id, recipient) DO UPDATE SET due_at_ms = excluded.due_at_ms, attempt = NULL, held = 0
            """,
            id, recipient.Number, recipient.To.Mailbox.DomainPart, recorded.RecordedAt.ToUnixTimeMilliseconds());

        void Start(int recipient, int attempt) =>
            tx.Run("UPDATE due_delivery SET attempt = ?3 WHERE queue_id = ?1 AND recipient = ?2", id, recipient, attempt);

        void Wait(int recipient, DateTimeOffset due) => tx.Run(
            "UPDATE due_delivery SET due_at_ms = ?3, attempt = NULL WHERE queue_id = ?1 AND recipient = ?2",
            id, recipient, due.ToUnixTimeMilliseconds());

        void Drop(int recipient) => tx.Run("DELETE FROM due_delivery WHERE queue_id = ?1 AND recipient = ?2", id, recipient);
    }
}

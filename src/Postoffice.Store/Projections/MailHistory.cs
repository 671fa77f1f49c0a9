using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Projections;

/// <summary>One row a message and one a recipient, open or finished: what <c>mailq</c> and <c>postoffice history</c> show.</summary>
public sealed class MailHistory : IProjection
{
    public string Name => "mail_history";
    public int Version => 5; // 2: uid; 3: in-doubt, a recipient's own attempts; 4: cancelled, rerouted, who holds; 5: ended is not held, own words
    public bool Inline => false;
    public IReadOnlyList<ProjectionTable> Tables { get; } =
    [
        new("mail",
            ["queue_id", "version", "accepted_at_ms", "sender", "size", "client", "protocol", "open", "held", "finished_at_ms", "content_purged", "uid",
             "rerouted"],
            Key: 1),
        new("mail_recipient",
            ["queue_id", "number", "address", "status", "attempts", "next_attempt_at_ms", "last_reply", "settled_at_ms"],
            Key: 2),
    ];

    public void Fold(RecordedEvent recorded, StoreTransaction tx)
    {
        if (recorded.Fact is FactsPurged purged)
        {
            foreach (var gone in purged.Messages) Remove(gone, tx);
            return;
        }
        if (!recorded.Stream.TryGetMessage(out var message)) return;
        var id = message.ToString();
        var now = recorded.RecordedAt.ToUnixTimeMilliseconds();
        switch (recorded.Fact)
        {
            case MessageAccepted accepted:
                Accept(id, accepted, now, tx);
                break;
            case AttemptStarted started:
                foreach (var recipient in started.Recipients)
                {
                    tx.Run("UPDATE mail_recipient SET attempts = attempts + 1 WHERE queue_id = ?1 AND number = ?2", id, recipient);
                }
                break;
            case AttemptEnded ended:
                foreach (var outcome in ended.Outcomes) Settle(id, outcome, now, tx);
                break;
            case RecipientExpired expired:
                // Without an operator it has nothing new to say, and what was last heard may be of another recipient.
                var ending = expired.By is null ? null : expired.Words();
                foreach (var recipient in expired.Recipients) Set(id, recipient, "expired", null, ending, now, tx);
                break;
            case MessageCancelled cancelled:
                foreach (var recipient in cancelled.Recipients) Set(id, recipient, "cancelled", null, cancelled.Words(), now, tx);
                break;
            case WaitShortened shortened:
                foreach (var recipient in shortened.Recipients)
                {
                    tx.Run(
                        "UPDATE mail_recipient SET next_attempt_at_ms = ?3 WHERE queue_id = ?1 AND number = ?2",
                        id, recipient, shortened.NextAttemptAt.ToUnixTimeMilliseconds());
                }
                break;
            case MessageRerouted rerouted:
                tx.Run("UPDATE mail SET rerouted = ?2 WHERE queue_id = ?1", id, rerouted.To is null ? null : rerouted.Words());
                break;
            case MessageHeld held:
                tx.Run("UPDATE mail SET held = ?2 WHERE queue_id = ?1 AND open > 0", id, held.Words());
                break;
            case MessageReleased:
                tx.Run("UPDATE mail SET held = NULL WHERE queue_id = ?1", id);
                break;
            case ContentPurged:
                tx.Run("UPDATE mail SET content_purged = 1 WHERE queue_id = ?1", id);
                break;
            default:
                break;
        }
        tx.Run("UPDATE mail SET version = ?2 WHERE queue_id = ?1", id, recorded.Version);
    }

    private static void Accept(string id, MessageAccepted accepted, long now, StoreTransaction tx)
    {
        tx.Run(
            """
            INSERT INTO mail (queue_id, version, accepted_at_ms, sender, size, client, protocol, open, uid) VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT (queue_id) DO NOTHING
            """,
            id, now, accepted.From.ToString(), accepted.Size, accepted.Client.Address, accepted.Client.Protocol, accepted.Recipients.Count,
            accepted.Client.Uid);
        foreach (var recipient in accepted.Recipients)
        {
            tx.Run(
                """
                INSERT INTO mail_recipient (queue_id, number, address, status, next_attempt_at_ms) VALUES (?1, ?2, ?3, 'pending', ?4)
                ON CONFLICT (queue_id, number) DO NOTHING
                """,
                id, recipient.Number, recipient.To.ToString(), now);
        }
    }

    private static void Settle(string id, RecipientOutcome outcome, long now, StoreTransaction tx)
    {
        var status = outcome.Result switch
        {
            OutcomeKind.Delivered => "delivered",
            OutcomeKind.Refused => "failed",
            OutcomeKind.InDoubt => "in-doubt",
            _ => "pending",
        };
        var next = outcome.NextAttemptAt?.ToUnixTimeMilliseconds();
        Set(id, outcome.Recipient, status, next, outcome.InWords(), now, tx);
    }

    private static void Set(string id, int recipient, string status, long? next, string? words, long now, StoreTransaction tx)
    {
        var open = status is "pending" or "in-doubt";
        var changed = tx.Run(
            """
            UPDATE mail_recipient SET status = ?3, next_attempt_at_ms = ?4, last_reply = coalesce(?5, last_reply), settled_at_ms = ?6
             WHERE queue_id = ?1 AND number = ?2 AND settled_at_ms IS NULL
            """,
            id, recipient, status, next, words, open ? SqlValue.Null : now);
        if (open || changed == 0) return;
        tx.Run("UPDATE mail SET open = open - 1, finished_at_ms = CASE open WHEN 1 THEN ?2 END, held = CASE WHEN open > 1 THEN held END WHERE queue_id = ?1", id, now);
    }

    private static void Remove(QueueId message, StoreTransaction tx)
    {
        tx.Run("DELETE FROM mail_recipient WHERE queue_id = ?1", message.ToString());
        tx.Run("DELETE FROM mail WHERE queue_id = ?1", message.ToString());
    }
}

using Postoffice.Store.Mail;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Content;

/// <summary>Content as rows.</summary>
internal static class ContentRows
{
    /// <summary>Adds one chunk of content that is not accepted yet.</summary>
    public static void Stage(QueueId message, int number, ReadOnlyMemory<byte> octets, StoreTransaction tx)
    {
        tx.Run(
            """
            INSERT INTO content (queue_key, state, length, touched_at_ms) VALUES (?1, 'staged', ?2, ?3)
            ON CONFLICT (queue_key) DO UPDATE SET length = length + excluded.length, touched_at_ms = excluded.touched_at_ms
            """,
            message.Value, octets.Length, tx.Now.ToUnixTimeMilliseconds());
        tx.Run("INSERT INTO content_chunk (queue_key, number, octets) VALUES (?1, ?2, ?3)", message.Value, number, octets);
    }

    /// <summary>Makes content part of its message.</summary>
    /// <exception cref="InvalidOperationException">The staged chunks are gone or not all there.</exception>
    public static void Keep(StagedContent content, StoreTransaction tx)
    {
        var now = tx.Now.ToUnixTimeMilliseconds();
        if (content.Inline.Length == content.Length)
        {
            tx.Run(
                "INSERT INTO content (queue_key, state, length, sha256, octets, touched_at_ms) VALUES (?1, 'kept', ?2, ?3, ?4, ?5)",
                content.Message.Value, content.Length, content.Sha256, content.Inline, now);
            return;
        }
        var kept = tx.Run(
            "UPDATE content SET state = 'kept', sha256 = ?2, touched_at_ms = ?3 WHERE queue_key = ?1 AND state = 'staged' AND length = ?4",
            content.Message.Value, content.Sha256, now, content.Length);
        if (kept != 1) throw new InvalidOperationException($"{content.Message}: the staged content is not there");
    }

    /// <returns>Octets removed; 0 when there was nothing.</returns>
    public static long Remove(QueueId message, StoreTransaction tx)
    {
        var length = tx.Number("SELECT length FROM content WHERE queue_key = ?1", message.Value) ?? 0;
        tx.Run("DELETE FROM content_chunk WHERE queue_key = ?1", message.Value);
        tx.Run("DELETE FROM content WHERE queue_key = ?1", message.Value);
        return length;
    }
}

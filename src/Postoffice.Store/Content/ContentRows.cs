using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Content;

/// <summary>Content as rows.</summary>
internal static class ContentRows
{
    /// <summary>Chunks removed in one transaction, 8 MiB, so that nobody waits long for the writers' turn.</summary>
    public const int MostRemoved = 64;

    /// <summary>Adds one chunk of content that is not accepted yet.</summary>
    /// <exception cref="StoreUnavailableException">
    /// The queue id is another message's, since two processes made the same one; or the chunks before it are gone: swept, since nothing came
    /// for too long. The client tries again.
    /// </exception>
    public static void Stage(QueueId message, int number, ReadOnlyMemory<byte> octets, StoreTransaction tx)
    {
        var now = tx.Now.ToUnixTimeMilliseconds();
        if (number == 0)
        {
            var added = tx.Run(
                "INSERT INTO content (queue_key, state, length, touched_at_ms) VALUES (?1, 'staged', ?2, ?3) ON CONFLICT (queue_key) DO NOTHING",
                message.Value, octets.Length, now);
            if (added != 1) throw new StoreUnavailableException(StoreTrouble.Busy, $"{message}: this queue id is taken; a new one is needed");
        }
        else
        {
            var grown = tx.Run(
                "UPDATE content SET length = length + ?2, touched_at_ms = ?3 WHERE queue_key = ?1 AND state = 'staged'",
                message.Value, octets.Length, now);
            if (grown != 1) throw Gone(message);
        }
        tx.Run("INSERT INTO content_chunk (queue_key, number, octets) VALUES (?1, ?2, ?3)", message.Value, number, octets);
    }

    /// <summary>Makes content part of its message.</summary>
    /// <exception cref="StoreUnavailableException">The staged chunks are gone or not all there: swept, since nothing came for too long.</exception>
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
        if (kept != 1) throw Gone(content.Message);
    }

    /// <summary>
    /// Takes content away from its finished message. Small content is gone at once; the chunks of large content become unattached, as
    /// if they had never been accepted, and are removed in steps by the sweep, which finds them first because of their age.
    /// </summary>
    /// <returns>Length of the content in octets; 0 when it was not there.</returns>
    public static long Detach(QueueId message, StoreTransaction tx)
    {
        var length = tx.Number("SELECT length FROM content WHERE queue_key = ?1", message.Value) ?? 0;
        var chunked = tx.Run(
            "UPDATE content SET state = 'staged', sha256 = NULL, touched_at_ms = 0 WHERE queue_key = ?1 AND octets IS NULL", message.Value);
        if (chunked == 0) tx.Run("DELETE FROM content WHERE queue_key = ?1", message.Value);
        return length;
    }

    /// <summary>The longest untouched content that is part of no message; null when nothing is as old.</summary>
    public static QueueId? OldestUnattached(DateTimeOffset before, StoreTransaction tx) => tx.Number(
        "SELECT queue_key FROM content WHERE state = 'staged' AND touched_at_ms <= ?1 ORDER BY touched_at_ms LIMIT 1",
        before.ToUnixTimeMilliseconds()) is { } key
            ? new QueueId(key)
            : null;

    /// <summary>Removes chunks of content that is part of no message, from the last one on, and its row when none is left.</summary>
    /// <param name="most">Chunks.</param>
    /// <returns>How many it were; fewer than <paramref name="most"/> when all of it is gone.</returns>
    public static int RemoveSome(QueueId message, int most, StoreTransaction tx)
    {
        if (tx.Number("SELECT 1 FROM content WHERE queue_key = ?1 AND state = 'staged'", message.Value) is null) return 0;
        var removed = tx.Run(
            """
            DELETE FROM content_chunk WHERE chunk_key IN
                (SELECT chunk_key FROM content_chunk WHERE queue_key = ?1 ORDER BY number DESC LIMIT ?2)
            """,
            message.Value, most);
        if (removed < most) tx.Run("DELETE FROM content WHERE queue_key = ?1", message.Value);
        return removed;
    }

    public static bool IsThere(QueueId message, StoreTransaction tx) =>
        tx.Number("SELECT 1 FROM content WHERE queue_key = ?1", message.Value) is not null;

    private static StoreUnavailableException Gone(QueueId message) =>
        new(StoreTrouble.Busy, $"{message}: the content staged so far is gone, swept as if nobody were at it any more");
}

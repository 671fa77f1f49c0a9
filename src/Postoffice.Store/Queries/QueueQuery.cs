using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Queries;

/// <summary>
/// Lists what waits, as of the journal's last fact. Which messages wait is folded inside every append; what else a line shows
/// comes from rows that may lag, so a row behind its message's stream is replaced by a fold of the stream.
/// </summary>
public sealed class QueueQuery
{
    // The first page is what `mailq | head` waits for.
    private const int FirstPage = 50;
    private const int LaterPage = 1_000;
    private readonly Database database;

    internal QueueQuery(Database database) => this.database = database;

    /// <summary>Messages that wait.</summary>
    public long Count() => database.Read(tx => tx.Number("SELECT count(*) FROM (SELECT DISTINCT queue_id FROM due_delivery)")!.Value);

    /// <summary>Everything that waits, oldest first. Read page by page: no snapshot is held while the caller works.</summary>
    /// <param name="submittedBy">Only what this local user handed in; null for everybody's.</param>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    public IEnumerable<QueueEntry> All(uint? submittedBy = null)
    {
        var after = "";
        for (var size = FirstPage; ; size = LaterPage)
        {
            var page = database.Read(tx => Page(tx, after, size, submittedBy));
            foreach (var entry in page.Entries) yield return entry;
            if (page.Last is null) yield break;
            after = page.Last;
        }
    }

    private sealed record Head(string Id, bool Wanted, bool Current, DateTimeOffset AcceptedAt, string Sender, long Size, string? Held, string? Rerouted);

    private sealed record Recipients(List<WaitingRecipient> Waiting)
    {
        public bool Trying { get; set; }
    }

    private static (List<QueueEntry> Entries, string? Last) Page(StoreTransaction tx, string after, int size, uint? submittedBy)
    {
        var heads = Heads(tx, after, size, submittedBy);
        if (heads.Count == 0) return ([], null);
        var recipients = RecipientsOf(tx, after, heads[^1].Id);
        var entries = new List<QueueEntry>(heads.Count);
        foreach (var head in heads.Where(head => head.Wanted))
        {
            var entry = head.Current
                ? new QueueEntry(head.Id, head.AcceptedAt, head.Sender, head.Size, head.Held, recipients[head.Id].Trying, recipients[head.Id].Waiting, Rerouted: head.Rerouted)
                : Fold(tx, head.Id);
            if (entry is not null) entries.Add(entry);
        }
        return (entries, heads.Count < size ? null : heads[^1].Id);
    }

    private static List<Head> Heads(StoreTransaction tx, string after, int size, uint? submittedBy) => tx.All(
        """
        SELECT q.queue_id, m.accepted_at_ms, m.sender, m.size, m.held, m.rerouted,
               m.version IS (SELECT max(version) FROM event WHERE stream = 'message/' || q.queue_id),
               CASE WHEN ?3 IS NULL THEN 1
                    ELSE (SELECT data ->> '$.client.uid' FROM event WHERE stream = 'message/' || q.queue_id AND version = 1) IS ?3 END
          FROM (SELECT DISTINCT queue_id FROM due_delivery WHERE queue_id > ?1 ORDER BY queue_id LIMIT ?2) q
          LEFT JOIN mail m ON m.queue_id = q.queue_id
         ORDER BY q.queue_id
        """,
        row => row.IsNull(1)
            ? new Head(row.Text(0), row.Integer(7) == 1, Current: false, default, "", 0, null, null)
            : new Head(
                row.Text(0), row.Integer(7) == 1, row.Integer(6) == 1, At(row.Integer(1)), row.Text(2), row.Integer(3), row.TextOrNull(4), row.TextOrNull(5)),
        after, size, (long?)submittedBy);

    private static Dictionary<string, Recipients> RecipientsOf(StoreTransaction tx, string after, string last)
    {
        var all = new Dictionary<string, Recipients>(StringComparer.Ordinal);
        tx.Each(
            """
            SELECT d.queue_id, d.recipient, d.due_at_ms, d.attempt IS NOT NULL, r.address, r.attempts, r.last_reply
              FROM due_delivery d LEFT JOIN mail_recipient r ON r.queue_id = d.queue_id AND r.number = d.recipient
             WHERE d.queue_id > ?1 AND d.queue_id <= ?2 ORDER BY d.queue_id, d.recipient
            """,
            row =>
            {
                var id = row.Text(0);
                if (!all.TryGetValue(id, out var message)) all.Add(id, message = new Recipients([]));
                message.Trying |= row.Integer(3) == 1;
                message.Waiting.Add(new WaitingRecipient(
                    (int)row.Integer(1), row.TextOrNull(4) ?? "", (int)(row.IntegerOrNull(5) ?? 0), At(row.Integer(2)), row.TextOrNull(6)));
            },
            after, last);
        return all;
    }

    /// <summary>One bad fact must not hide the rest of the queue: the message is listed with what is wrong with it.</summary>
    private static QueueEntry? Fold(StoreTransaction tx, string id)
    {
        try
        {
            var message = QueueId.Parse(id);
            return FoldedMessage.Of(message, EventRows.OfStream(tx, StreamId.Message(message), after: 0))?.AsQueueEntry();
        }
        catch (Exception unreadable) when (unreadable is UnreadableFactException or InvalidOperationException or FormatException)
        {
            return new QueueEntry(id, DateTimeOffset.UnixEpoch, "", 0, null, Trying: false, [], unreadable.Message);
        }
    }

    private static DateTimeOffset At(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}

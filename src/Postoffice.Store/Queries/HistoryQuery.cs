using System.Text;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Projections;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Queries;

/// <summary>
/// Searches all messages, newest first. The rows are folded by the runner and may lag, so messages touched by the journal's tail are
/// folded from their facts here; a tail beyond <see cref="MaxTail"/> facts is left out, and <see cref="Lag"/> says so.
/// </summary>
public sealed class HistoryQuery
{
    /// <summary>Facts behind the rows that one search folds itself.</summary>
    public const int MaxTail = 10_000;

    private const int FirstPage = 50;
    private const int LaterPage = 500;
    private static readonly string Projection = new MailHistory().Name;
    private readonly Database database;

    internal HistoryQuery(Database database) => this.database = database;

    /// <summary>Facts that a search made now would not see: 0 unless the runner has not followed for long.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    public long Lag() => database.Read(tx => Math.Max(0, EventRows.LastPosition(tx) - Folded(tx) - MaxTail));

    /// <summary>Messages that match, newest first; read page by page.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    public IEnumerable<HistoryEntry> Search(HistoryFilter filter) =>
        filter.Limit is { } limit ? Matching(filter).Take(limit) : Matching(filter);

    private IEnumerable<HistoryEntry> Matching(HistoryFilter filter)
    {
        var tail = database.Read(Tail);
        var fromTail = new Queue<HistoryEntry>(tail
            .Where(message => message.Value is { } entry && filter.Matches(entry.AsHistoryEntry(), entry.Uid))
            .Select(message => message.Value!.AsHistoryEntry())
            .OrderByDescending(entry => entry.AcceptedAt).ThenByDescending(entry => entry.QueueId, StringComparer.Ordinal));

        HistoryEntry? last = null;
        for (var size = FirstPage; ; size = LaterPage)
        {
            var page = database.Read(tx => Page(tx, filter, last, size));
            foreach (var entry in page.Where(entry => !tail.ContainsKey(entry.QueueId)))
            {
                while (fromTail.TryPeek(out var next) && IsNewer(next, entry)) yield return fromTail.Dequeue();
                yield return entry;
            }
            if (page.Count < size) break;
            last = page[^1];
        }
        foreach (var entry in fromTail) yield return entry;
    }

    private static bool IsNewer(HistoryEntry left, HistoryEntry right) => left.AcceptedAt != right.AcceptedAt
        ? left.AcceptedAt > right.AcceptedAt
        : string.CompareOrdinal(left.QueueId, right.QueueId) > 0;

    private static long Folded(StoreTransaction tx) => Checkpoint.Load(Projection, tx)?.Position ?? 0;

    /// <summary>Messages whose rows are behind the journal, by queue id; null for one whose facts are gone or cannot be read.</summary>
    private static Dictionary<string, FoldedMessage?> Tail(StoreTransaction tx)
    {
        var from = Math.Max(Folded(tx), EventRows.LastPosition(tx) - MaxTail);
        var streams = tx.All("SELECT DISTINCT stream FROM event WHERE position > ?1 AND stream LIKE 'message/%'", row => new StreamId(row.Text(0)), from);
        var messages = new Dictionary<string, FoldedMessage?>(StringComparer.Ordinal);
        foreach (var stream in streams)
        {
            if (stream.TryGetMessage(out var id)) messages[$"{id}"] = Fold(tx, id);
        }
        tx.Each(
            "SELECT gone.value FROM event, json_each(event.data, '$.messages') gone WHERE position > ?1 AND name = 'facts-purged.v1'",
            row => messages[row.Text(0)] = null,
            from);
        return messages;
    }

    /// <summary>One bad fact must not hide the rest: such a message shows in the queue with its problem, and in its trace.</summary>
    private static FoldedMessage? Fold(StoreTransaction tx, QueueId id)
    {
        try
        {
            return FoldedMessage.Of(id, EventRows.OfStream(tx, StreamId.Message(id), after: 0));
        }
        catch (Exception unreadable) when (unreadable is UnreadableFactException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static List<HistoryEntry> Page(StoreTransaction tx, HistoryFilter filter, HistoryEntry? after, int size)
    {
        var from = filter.From is { } sender ? AddressPattern.Of(sender) : default;
        var to = filter.To is { } recipient ? AddressPattern.Of(recipient) : default;
        var heads = tx.All(
            Sql(filter, from, to, after),
            row => new HistoryEntry(
                row.Text(0), At(row.Integer(1)), row.Text(2), row.Integer(3), row.TextOrNull(4), row.Text(5), row.TextOrNull(6),
                row.IntegerOrNull(7) is { } finished ? At(finished) : null, row.Integer(8) == 1, [], row.TextOrNull(9)),
            after?.AcceptedAt.ToUnixTimeMilliseconds(),
            after?.QueueId,
            filter.Since?.ToUnixTimeMilliseconds(),
            filter.Until?.ToUnixTimeMilliseconds(),
            from.IsPattern ? from.Like : from.Text,
            to.IsPattern ? to.Like : to.Text,
            filter.Status,
            (long?)filter.SubmittedBy,
            size);
        return [.. heads.Select(head => head with { Recipients = RecipientsOf(tx, head.QueueId) })];
    }

    /// <summary>Put together from constants alone, so that each condition can use its index; every value is bound. The last number stands always.</summary>
    internal static string Sql(HistoryFilter filter, AddressPattern from, AddressPattern to, HistoryEntry? after)
    {
        var sql = new StringBuilder(
            """
            SELECT queue_id, accepted_at_ms, sender, size, client, protocol, held, finished_at_ms, content_purged, rerouted
              FROM mail WHERE 1
            """);
        if (after is not null) sql.Append(" AND (accepted_at_ms, queue_id) < (?1, ?2)");
        if (filter.Since is not null) sql.Append(" AND accepted_at_ms >= ?3");
        if (filter.Until is not null) sql.Append(" AND accepted_at_ms < ?4");
        if (filter.From is not null) sql.Append(from.IsPattern ? @" AND sender LIKE ?5 ESCAPE '\'" : " AND sender = ?5");
        if (filter.To is not null)
        {
            sql.Append(" AND queue_id IN (SELECT queue_id FROM mail_recipient WHERE ")
                .Append(to.IsPattern ? @"address LIKE ?6 ESCAPE '\')" : "address = ?6)");
        }
        if (filter.Status == "held") sql.Append(" AND held IS NOT NULL");
        else if (filter.Status == "pending") sql.Append(" AND finished_at_ms IS NULL");
        else if (filter.Status is not null) sql.Append(" AND EXISTS (SELECT 1 FROM mail_recipient r WHERE r.queue_id = mail.queue_id AND r.status = ?7)");
        if (filter.SubmittedBy is not null) sql.Append(" AND uid = ?8");
        return sql.Append(" ORDER BY accepted_at_ms DESC, queue_id DESC LIMIT ?9").ToString();
    }

    private static List<HistoryRecipient> RecipientsOf(StoreTransaction tx, string queueId) => tx.All(
        """
        SELECT number, address, status, attempts, next_attempt_at_ms, last_reply, settled_at_ms
          FROM mail_recipient WHERE queue_id = ?1 ORDER BY number
        """,
        row => new HistoryRecipient(
            (int)row.Integer(0), row.Text(1), row.Text(2), (int)row.Integer(3),
            row.IntegerOrNull(4) is { } next ? At(next) : null, row.TextOrNull(5), row.IntegerOrNull(6) is { } settled ? At(settled) : null),
        queueId);

    private static DateTimeOffset At(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}

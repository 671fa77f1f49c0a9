using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Retention;

/// <summary>A message that its own facts show to be finished: every recipient settled, every failure reported, no attempt open.</summary>
/// <param name="Version">At which it was so; what is done about it is done at this version or not at all.</param>
/// <param name="ContentPurged">Its content is gone by an earlier step.</param>
/// <param name="Facts">How many it has.</param>
internal sealed record FinishedMessage(QueueId Id, int Version, bool ContentPurged, int Facts);

/// <summary>
/// Walks the finished messages, longest finished first. The history's rows, which may lag, only say where to look; the facts decide.
/// A message whose facts cannot be read is passed over and stops nothing.
/// </summary>
internal sealed class FinishedMessages(string rows)
{
    /// <summary>Those that still have their content.</summary>
    public static FinishedMessages WithContent() =>
        new("SELECT queue_id, finished_at_ms FROM mail WHERE finished_at_ms IS NOT NULL AND content_purged = 0");

    public static FinishedMessages All() => new("SELECT queue_id, finished_at_ms FROM mail WHERE finished_at_ms IS NOT NULL");

    private long finishedAt;
    private string queueId = "";

    /// <summary>Whether the walk has come to its end; the next one begins from the start.</summary>
    public bool AtEnd { get; private set; }

    /// <param name="before">Finished at this instant or earlier.</param>
    /// <param name="limit">Rows looked at.</param>
    public List<FinishedMessage> Next(DateTimeOffset before, int limit, Database database) => database.Read(tx =>
    {
        var candidates = tx.All(
            $"{rows} AND finished_at_ms <= ?1 AND (finished_at_ms, queue_id) > (?2, ?3) ORDER BY finished_at_ms, queue_id LIMIT ?4",
            row => (Id: row.Text(0), FinishedAt: row.Integer(1)), before.ToUnixTimeMilliseconds(), finishedAt, queueId, limit);
        AtEnd = candidates.Count < limit;
        (finishedAt, queueId) = AtEnd ? (0, "") : (candidates[^1].FinishedAt, candidates[^1].Id);
        return candidates.Select(candidate => Judge(QueueId.Parse(candidate.Id), tx)).OfType<FinishedMessage>().ToList();
    });

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever is wrong with one message's facts, it is kept and the others go on.")]
    private static FinishedMessage? Judge(QueueId id, StoreTransaction tx)
    {
        try
        {
            var facts = EventRows.OfStream(tx, StreamId.Message(id), after: 0);
            return QueuedMessage.Fold(id, facts) is { } message
                && message.OpenAttempts.Count == 0
                && message.Recipients.Values.All(recipient => recipient.IsSettled)
                && !DecideReport.IsOwed(message)
                    ? new FinishedMessage(id, message.Version, message.ContentPurged, facts.Count)
                    : null;
        }
        catch (Exception fault) when (fault is not SqliteException)
        {
            return null; // the history's quarantine and store check tell of it
        }
    }
}

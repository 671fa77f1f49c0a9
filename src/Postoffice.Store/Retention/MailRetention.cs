using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Leases;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Retention;

/// <summary>
/// Removes what is kept no longer, a little in each step, so that nobody waits long for the writers' turn and any step may be the last
/// before a crash. Each removal is a fact. Used by one runner at a time, on one thread.
/// </summary>
public sealed class MailRetention
{
    private const int MostMessages = 64; // at 128 KiB of small content each, no more than the sweep removes at once
    private const string By = "postoffice-runner";

    // No message's content is on its way for longer, so what is older has no living owner; the hour is for a clock that is set.
    private static readonly TimeSpan OrphanAge = IContentStaging.Longest + TimeSpan.FromHours(1);

    // A file of the drop directory that could not be unlinked is known by its fact; without it, it would be taken in again.
    private static readonly TimeSpan DropLeast = TimeSpan.FromDays(30);

    private const int Kinds = 4; // of work

    private readonly Database database;
    private int turn; // of the kind that begins the next step: one that never comes to its end, since mail does not, keeps no other from its own
    private readonly FinishedMessages withContent = FinishedMessages.WithContent();
    private readonly FinishedMessages withHistory = FinishedMessages.All();

    internal MailRetention(Database database) => this.database = database;

    /// <summary>
    /// Does the next bounded piece of work: chunks of abandoned content, contents, histories, or drop imports; whoever has something to do, by turns.
    /// </summary>
    /// <param name="lease">Must still be in force when something is removed.</param>
    /// <param name="now">UTC.</param>
    /// <exception cref="StoreUnavailableException">Our own trouble; nothing of this step was removed.</exception>
    public async ValueTask<RetentionStep> StepAsync(Lease lease, RetentionSettings settings, DateTimeOffset now, CancellationToken ct)
    {
        for (var tried = 0; tried < Kinds; tried++)
        {
            var kind = turn;
            turn = (turn + 1) % Kinds;
            if (await StepAsync(kind, lease, settings, now, ct) is { } step) return step;
        }
        return RetentionStep.Done;
    }

    /// <returns>Null when there is nothing of this kind to do.</returns>
    private async ValueTask<RetentionStep?> StepAsync(int kind, Lease lease, RetentionSettings settings, DateTimeOffset now, CancellationToken ct) => (kind, settings.KeepHistory) switch
    {
        (0, _) => await SweepAsync(lease, now - OrphanAge, ct),
        (1, var keep) => await PurgeContentAsync(lease, now - (keep < settings.KeepContent ? keep.Value : settings.KeepContent), ct),
        (2, { } keep) => await PurgeHistoryAsync(lease, now - keep, ct),
        (3, { } keep) => await PurgeDropAsync(lease, now - (keep > DropLeast ? keep : DropLeast), ct),
        _ => null,
    };

    private async ValueTask<RetentionStep?> SweepAsync(Lease lease, DateTimeOffset before, CancellationToken ct)
    {
        if (database.Read(tx => ContentRows.OldestUnattached(before, tx)) is null) return null;
        return await WriteAsync(lease, tx =>
        {
            for (var most = ContentRows.MostRemoved; most > 0 && ContentRows.OldestUnattached(before, tx) is { } id;)
            {
                most -= Math.Max(1, ContentRows.RemoveSome(id, most, tx)); // also of a row that stood there without any
            }
            return RetentionStep.More;
        }, ct);
    }

    private async ValueTask<RetentionStep?> PurgeContentAsync(Lease lease, DateTimeOffset before, CancellationToken ct)
    {
        var finished = withContent.Next(before, MostMessages, database).Where(message => !message.ContentPurged).ToList();
        if (finished.Count == 0) return withContent.AtEnd ? null : RetentionStep.More;
        return await WriteAsync(lease, tx =>
        {
            foreach (var message in finished) PurgeContent(message, tx);
            return RetentionStep.More;
        }, ct);
    }

    private static void PurgeContent(FinishedMessage message, StoreTransaction tx)
    {
        var stream = StreamId.Message(message.Id);
        if (EventRows.VersionOf(tx, stream) != message.Version) return; // something happened to it: another pass looks again
        var octets = ContentRows.Detach(message.Id, tx);
        _ = new FactWriter(new Append(stream, ExpectedVersion.At(message.Version), new ContentPurged(octets))).Write(tx);
    }

    private async ValueTask<RetentionStep?> PurgeHistoryAsync(Lease lease, DateTimeOffset before, CancellationToken ct)
    {
        var finished = withHistory.Next(before, MostMessages, database).Where(message => message.ContentPurged).ToList();
        if (finished.Count == 0) return withHistory.AtEnd ? null : RetentionStep.More;
        return await WriteAsync(lease, tx =>
        {
            var gone = new List<QueueId>();
            var facts = 0;
            foreach (var message in finished)
            {
                var stream = StreamId.Message(message.Id);
                if (EventRows.VersionOf(tx, stream) != message.Version || ContentRows.IsThere(message.Id, tx)) continue;
                facts += PurgePermit.Delete(stream, tx);
                gone.Add(message.Id);
            }
            if (facts > 0) Record(gone, facts, "keep-history=", tx);
            return RetentionStep.More;
        }, ct);
    }

    private async ValueTask<RetentionStep?> PurgeDropAsync(Lease lease, DateTimeOffset before, CancellationToken ct)
    {
        var imports = database.Read(tx => OldImports(before, tx));
        if (imports.Count == 0) return null;
        return await WriteAsync(lease, tx =>
        {
            var facts = imports.Sum(import => PurgePermit.Delete(import, tx));
            if (facts > 0) Record([], facts, "keep-history= (drop imports)", tx);
            return RetentionStep.More;
        }, ct);
    }

    // The conditions on the stream are those of the index. An import outlives its message's history.
    private static List<StreamId> OldImports(DateTimeOffset before, StoreTransaction tx) => tx.All(
        """
        SELECT stream FROM event
         WHERE stream >= 'drop/' AND stream < 'drop0' AND recorded_at_ms <= ?1
           AND NOT EXISTS (SELECT 1 FROM event AS accepted WHERE accepted.stream = 'message/' || json_extract(event.data, '$.message'))
         ORDER BY recorded_at_ms LIMIT ?2
        """,
        row => new StreamId(row.Text(0)), before.ToUnixTimeMilliseconds(), MostMessages);

    private static void Record(List<QueueId> messages, int facts, string reason, StoreTransaction tx) => _ = new FactWriter(
        new Append(StreamId.Operator, ExpectedVersion.Any, new FactsPurged(messages.ToValueList(), facts, reason, By))).Write(tx);

    private async ValueTask<RetentionStep?> WriteAsync(Lease lease, Func<StoreTransaction, RetentionStep> work, CancellationToken ct) =>
        await database.Writer.RunAsync(tx => LeaseTable.IsHeld(lease, tx) ? work(tx) : RetentionStep.LeaseLost, ct);
}

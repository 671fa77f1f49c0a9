using Postoffice.Store.Log;
using Postoffice.Store.Projections;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Maintenance;

/// <summary>
/// Looks a store over, live: the file itself by SQLite, then what SQLite cannot know. Everything but SQLite's own part reads in short
/// snapshots, so the WAL goes on shrinking. That part holds one for each table in turn.
/// </summary>
internal sealed class StoreCheck(Database database, IProgress<StoreProgress>? progress, CancellationToken ct)
{
    private const int Chunk = 1000;
    private const int MostOfAKind = 20;
    private const string Restore = "Restore a backup, or keep the file and ask for help; mail already in it can still be read with postoffice sql.";

    private readonly List<Finding> findings = [];

    public CheckReport Run()
    {
        CheckFile();
        var streams = CheckVersions();
        var facts = CheckFacts();
        CheckCheckpoints();
        var unattached = CheckContentRows();
        var open = new OpenContentCheck(database, progress, ct).Run(findings.Add);
        return new CheckReport(findings, facts, streams, open, unattached);
    }

    private void CheckFile()
    {
        // "sqlite_schema" stands for the schema itself and the list of free pages.
        var tables = database.Read(tx => tx.All(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' UNION ALL SELECT 'sqlite_schema'",
            row => row.Text(0)));
        for (var i = 0; i < tables.Count; i++)
        {
            ct.ThrowIfCancellationRequested();
            progress?.Report(new StoreProgress($"file: {tables[i]}", i, tables.Count));
            var quoted = tables[i].Replace("'", "''", StringComparison.Ordinal);
            var sayings = database.Read(tx => tx.All($"PRAGMA integrity_check('{quoted}')", row => row.Text(0)));
            foreach (var saying in sayings.Where(saying => saying != "ok").Take(MostOfAKind))
            {
                findings.Add(new Finding($"SQLite finds table {tables[i]} damaged: {saying}.", Restore));
            }
        }
    }

    private long CheckVersions()
    {
        long streams = 0;
        var found = 0;
        for (string? last = ""; last is not null;)
        {
            ct.ThrowIfCancellationRequested();
            progress?.Report(new StoreProgress("streams", streams, streams));
            var from = last;
            last = null;
            database.Read(tx =>
            {
                tx.Each(
                    "SELECT stream, min(version), max(version), count(*) FROM event WHERE stream > ?1 GROUP BY stream ORDER BY stream LIMIT ?2",
                    row =>
                    {
                        streams++;
                        last = row.Text(0);
                        if ((row.Integer(1) == 1 && row.Integer(2) == row.Integer(3)) || found++ >= MostOfAKind) return;
                        findings.Add(new Finding(
                            $"Stream {last} has {row.Integer(3)} facts with versions from {row.Integer(1)} to {row.Integer(2)}: some are missing.", Restore));
                    },
                    from, Chunk);
                return true;
            });
        }
        return streams;
    }

    private long CheckFacts()
    {
        var (total, sequence) = database.Read(tx =>
            (EventRows.LastPosition(tx), tx.Number("SELECT seq FROM sqlite_sequence WHERE name = 'event'") ?? 0));
        if (sequence < total)
        {
            findings.Add(new Finding($"The journal's last position is {total} but its counter stands at {sequence}: a position could be given twice.", Restore));
        }
        long facts = 0, position = 0;
        var found = 0;
        while (database.Read(tx => EventRows.RowsAfter(tx, position, Chunk)) is { Count: > 0 } rows)
        {
            ct.ThrowIfCancellationRequested();
            foreach (var row in rows)
            {
                facts++;
                if (Wrong(row) is { } wrong && found++ < MostOfAKind) findings.Add(wrong);
            }
            position = rows[^1].Position;
            progress?.Report(new StoreProgress("facts", position, Math.Max(total, position)));
        }
        return facts;
    }

    private static Finding? Wrong(JournalRow row)
    {
        if (row.CausedBy >= row.Position) return new($"Fact {row.Position} of {row.Stream} names fact {row.CausedBy} as its cause, which came later.", Restore);
        try
        {
            _ = row.Decode();
            return null;
        }
        catch (UnreadableFactException unreadable)
        {
            return new(
                $"Fact {row.Position} ({row.Name}) of {row.Stream} cannot be read: {unreadable.InnerException?.Message}",
                "If a newer release wrote it, start that release; its message is left alone until then.");
        }
    }

    private void CheckCheckpoints()
    {
        var (last, statuses) = database.Read(tx => (EventRows.LastPosition(tx), ProjectionCatalogue.All
            .Select(projection => (Projection: projection, Position: Checkpoint.Load(projection.Name, tx)?.Position ?? 0, Bad: Quarantine.Count(projection.Name, tx)))
            .ToList()));
        foreach (var (projection, position, bad) in statuses)
        {
            if (position > last)
            {
                findings.Add(new Finding(
                    $"Projection {projection.Name} has folded fact {position}, but the journal ends at {last}: facts are missing, or the file was put together from two.", Restore));
            }
            if (projection.Inline && position < last)
            {
                findings.Add(new Finding(
                    $"Projection {projection.Name} has folded fact {position} of {last}, and should be at the last one.",
                    $"Run: postoffice projection rebuild {projection.Name}"));
            }
            if (bad > 0)
            {
                findings.Add(new Finding(
                    $"Projection {projection.Name} goes on without {bad} facts that it could not fold.",
                    $"See table projection_quarantine for the reasons; after an upgrade run: postoffice projection rebuild {projection.Name}"));
            }
        }
    }

    private long CheckContentRows()
    {
        progress?.Report(new StoreProgress("content", 0, 1));
        var (unattached, chunks, strays) = database.Read(tx => (
            tx.Number("SELECT count(*) FROM content WHERE state = 'staged'") ?? 0,
            tx.Number("SELECT count(*) FROM (SELECT DISTINCT queue_key FROM content_chunk) AS c WHERE NOT EXISTS (SELECT 1 FROM content WHERE content.queue_key = c.queue_key)") ?? 0,
            tx.All("SELECT queue_key FROM content WHERE state = 'kept' ORDER BY queue_key", row => new Mail.QueueId(row.Integer(0)))
                .Where(id => EventRows.VersionOf(tx, Events.StreamId.Message(id)) == 0).Take(MostOfAKind).ToList()));
        if (chunks > 0) findings.Add(new Finding($"{chunks} contents have chunks but no row of their own.", Restore));
        foreach (var stray in strays)
        {
            findings.Add(new Finding($"Content {stray} counts as part of a message, but the journal has no such message.", Restore));
        }
        return unattached;
    }
}

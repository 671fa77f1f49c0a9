using Postoffice.Store.Leases;
using Postoffice.Store.Log;
using Postoffice.Store.Native;
using Postoffice.Store.Projections;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Maintenance;

/// <summary>Sizes and counts of a store at one instant.</summary>
/// <param name="FileOctets">Of the database file.</param>
/// <param name="WalOctets">Of the write-ahead log beside it.</param>
/// <param name="FreeOctets">Pages inside the file that new mail uses before the file grows.</param>
/// <param name="Facts">In the journal.</param>
/// <param name="Open">Messages with a recipient that is not settled.</param>
/// <param name="Finished">Messages without one, as far as the history has followed.</param>
/// <param name="ContentOctets">Of the contents of accepted messages.</param>
/// <param name="OldestWaiting">When the open message that has waited longest was accepted, UTC; null when none waits.</param>
/// <param name="LeaseHolder">Who claimed the delivery last, and when no term of it runs, null.</param>
public sealed record StoreStats(
    long FileOctets,
    long WalOctets,
    long FreeOctets,
    long Facts,
    long Streams,
    long Open,
    long Finished,
    long ContentOctets,
    DateTimeOffset? OldestWaiting,
    string? LeaseHolder,
    IReadOnlyList<ProjectionStatus> Projections)
{
    internal static StoreStats Take(Database database)
    {
        var projections = new ProjectionEngine(database).List();
        return database.Read(tx => new StoreStats(
            LengthOf(database.Path),
            LengthOf(database.Path + "-wal"),
            Count("SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size", tx),
            Count("SELECT count(*) FROM event", tx),
            Count("SELECT count(*) FROM event WHERE version = 1", tx),
            Count("SELECT count(DISTINCT queue_id) FROM due_delivery", tx),
            Count("SELECT count(*) FROM mail WHERE finished_at_ms IS NOT NULL", tx),
            Count("SELECT sum(length) FROM content WHERE state = 'kept'", tx),
            OldestWaitingIn(tx),
            LeaseTable.HolderOf(partition: 0, new BootClock(), tx),
            projections));
    }

    private static long Count(string sql, StoreTransaction tx) => tx.Number(sql) ?? 0;

    private static long LengthOf(string path) => SafeFile.TryStat(path, out var file) ? (long)file.Length : 0;

    // Queue ids sort as the messages came.
    private static DateTimeOffset? OldestWaitingIn(StoreTransaction tx) => tx.Number(
        "SELECT recorded_at_ms FROM event WHERE stream = 'message/' || (SELECT min(queue_id) FROM due_delivery) AND version = 1") is { } accepted
            ? DateTimeOffset.FromUnixTimeMilliseconds(accepted)
            : null;
}

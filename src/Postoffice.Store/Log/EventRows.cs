using Postoffice.Store.Events;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Log;

/// <summary>Rows of the journal as facts and back.</summary>
internal static class EventRows
{
    /// <exception cref="UnreadableFactException">A row does not hold a fact.</exception>
    public static List<RecordedEvent> OfStream(StoreTransaction tx, StreamId stream, int after) => tx.All(
        $"SELECT {JournalRow.Columns} FROM event WHERE stream = ?1 AND version > ?2 ORDER BY version",
        row => JournalRow.Read(row).Decode(), stream.Name, after);

    /// <exception cref="UnreadableFactException">A row does not hold a fact.</exception>
    public static List<RecordedEvent> After(StoreTransaction tx, long position, int limit) =>
        RowsAfter(tx, position, limit).ConvertAll(row => row.Decode());

    /// <summary>The rows after a position, whether they can be read as facts or not.</summary>
    public static List<JournalRow> RowsAfter(StoreTransaction tx, long position, int limit, long upTo = long.MaxValue) => tx.All(
        $"SELECT {JournalRow.Columns} FROM event WHERE position > ?1 AND position <= ?3 ORDER BY position LIMIT ?2",
        JournalRow.Read, position, limit, upTo);

    public static int VersionOf(StoreTransaction tx, StreamId stream) =>
        (int)(tx.Number("SELECT max(version) FROM event WHERE stream = ?1", stream.Name) ?? 0);

    public static long LastPosition(StoreTransaction tx) => tx.Number("SELECT max(position) FROM event") ?? 0;

    /// <returns>The position the fact got.</returns>
    public static long Insert(StoreTransaction tx, StreamId stream, int version, string name, string data, long? causedBy) => tx.Number(
        "INSERT INTO event (stream, version, name, data, caused_by, recorded_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING position",
        stream.Name, version, name, data, causedBy, tx.Now.ToUnixTimeMilliseconds())!.Value;
}

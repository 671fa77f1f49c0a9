using System.Text.Json;
using Postoffice.Store.Events;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Log;

/// <summary>Rows of the journal as facts and back.</summary>
internal static class EventRows
{
    public static List<RecordedEvent> OfStream(StoreTransaction tx, StreamId stream, int after) => tx.All(
        """
        SELECT position, stream, version, name, data, caused_by, recorded_at_ms FROM event
         WHERE stream = ?1 AND version > ?2 ORDER BY version
        """,
        Read, stream.Name, after);

    public static List<RecordedEvent> After(StoreTransaction tx, long position, int limit) => tx.All(
        """
        SELECT position, stream, version, name, data, caused_by, recorded_at_ms FROM event
         WHERE position > ?1 ORDER BY position LIMIT ?2
        """,
        Read, position, limit);

    public static int VersionOf(StoreTransaction tx, StreamId stream) =>
        (int)(tx.Number("SELECT max(version) FROM event WHERE stream = ?1", stream.Name) ?? 0);

    public static long LastPosition(StoreTransaction tx) => tx.Number("SELECT max(position) FROM event") ?? 0;

    /// <returns>The position the fact got.</returns>
    public static long Insert(StoreTransaction tx, StreamId stream, int version, string name, string data, long? causedBy) => tx.Number(
        "INSERT INTO event (stream, version, name, data, caused_by, recorded_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING position",
        stream.Name, version, name, data, causedBy, tx.Now.ToUnixTimeMilliseconds())!.Value;

    /// <exception cref="UnreadableFactException">The row does not hold a fact.</exception>
    private static RecordedEvent Read(Row row)
    {
        var name = row.Text(3);
        try
        {
            return new RecordedEvent(
                row.Integer(0),
                new StreamId(row.Text(1)),
                (int)row.Integer(2),
                name,
                EventJson.Read(name, row.Text(4)),
                row.IntegerOrNull(5),
                DateTimeOffset.FromUnixTimeMilliseconds(row.Integer(6)));
        }
        catch (JsonException unreadable)
        {
            throw new UnreadableFactException(row.Integer(0), row.Text(1), name, unreadable);
        }
    }
}

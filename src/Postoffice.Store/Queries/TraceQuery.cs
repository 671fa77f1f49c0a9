using System.Text.Json;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Queries;

/// <summary>Every fact of one message in order, straight from the journal.</summary>
public sealed class TraceQuery
{
    private const int PageSize = 500;
    private readonly Database database;

    internal TraceQuery(Database database) => this.database = database;

    /// <summary>Whether the journal knows the message, and which local user handed it in.</summary>
    /// <returns>Null for an unknown message; otherwise the user's uid, or null in it for mail from elsewhere.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    public TraceOwner? OwnerOf(QueueId message) => database.Read(tx => tx.One(
        "SELECT CASE WHEN json_valid(data) THEN data ->> '$.client.uid' END FROM event WHERE stream = ?1 AND version = 1",
        row => new TraceOwner(row.IntegerOrNull(0)),
        StreamId.Message(message).Name));

    /// <summary>The facts, from the first on; none for an unknown message.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    public IEnumerable<TraceEntry> Of(QueueId message)
    {
        for (var after = 0; ;)
        {
            var page = database.Read(tx => Page(tx, message, after));
            foreach (var entry in page) yield return entry;
            if (page.Count < PageSize) yield break;
            after = page[^1].Version;
        }
    }

    private static List<TraceEntry> Page(StoreTransaction tx, QueueId message, int after) => tx.All(
        """
        SELECT e.position, e.version, e.name, e.recorded_at_ms, e.caused_by, e.data, nullif(cause.stream, e.stream)
          FROM event e LEFT JOIN event cause ON cause.position = e.caused_by
         WHERE e.stream = ?1 AND e.version > ?2 ORDER BY e.version LIMIT ?3
        """,
        row => Entry(
            new TraceEntry(
                row.Integer(0), (int)row.Integer(1), row.Text(2), DateTimeOffset.FromUnixTimeMilliseconds(row.Integer(3)), row.IntegerOrNull(4), Data: null,
                CausedByStream: row.TextOrNull(6)),
            row.Text(5)),
        StreamId.Message(message).Name, after, PageSize);

    /// <summary>One damaged row must not hide the others: it shows as what it is.</summary>
    private static TraceEntry Entry(TraceEntry row, string data)
    {
        try
        {
            return row with { Data = JsonElement.Parse(data) };
        }
        catch (JsonException)
        {
            return row with { Damaged = data };
        }
    }
}

/// <param name="Uid">The local user who handed the message in; null when none did.</param>
public sealed record TraceOwner(long? Uid);

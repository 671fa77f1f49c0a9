using System.Text.Json;
using Postoffice.Store.Events;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Log;

/// <summary>A row of the journal before anybody looked whether it holds a fact: one bad row must not stop the others.</summary>
internal sealed record JournalRow(
    long Position, string Stream, long Version, string Name, string Data, long? CausedBy, long RecordedAtMs)
{
    public const string Columns = "position, stream, version, name, data, caused_by, recorded_at_ms";

    /// <summary>From a statement that selects <see cref="Columns"/>.</summary>
    public static JournalRow Read(Row row) => new(
        row.Integer(0), row.Text(1), row.Integer(2), row.Text(3), row.Text(4), row.IntegerOrNull(5), row.Integer(6));

    /// <exception cref="UnreadableFactException">The row does not hold a fact.</exception>
    public RecordedEvent Decode()
    {
        try
        {
            return new RecordedEvent(
                Position, new StreamId(Stream), checked((int)Version), Name, EventJson.Read(Name, Data), CausedBy,
                DateTimeOffset.FromUnixTimeMilliseconds(RecordedAtMs));
        }
        catch (Exception unreadable) when (unreadable is JsonException or FormatException or ArgumentException or ArithmeticException
            or NotSupportedException or InvalidOperationException)
        {
            // Whatever a value's own parser says of hostile or newer text, the answer is the same: this row is no fact of ours.
            throw new UnreadableFactException(Position, Stream, Name, unreadable);
        }
    }
}

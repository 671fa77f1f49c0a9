using Postoffice.Store.Events;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Log;

/// <summary>The journal on SQLite: appends through the writer loop, reads on connections that cannot write.</summary>
internal sealed class SqliteEventLog(Database database) : IEventLog
{
    public async ValueTask<AppendResult> AppendAsync(Append append, CancellationToken ct) =>
        await database.Writer.RunAsync(new FactWriter(append).Write, ct);

    public ValueTask<IReadOnlyList<RecordedEvent>> ReadAsync(StreamId stream, int after, CancellationToken ct) =>
        ValueTask.FromResult<IReadOnlyList<RecordedEvent>>(database.Read(tx => EventRows.OfStream(tx, stream, after)));

    public ValueTask<IReadOnlyList<RecordedEvent>> ReadAllAsync(long after, int limit, CancellationToken ct) =>
        ValueTask.FromResult<IReadOnlyList<RecordedEvent>>(database.Read(tx => EventRows.After(tx, after, limit)));

    public ValueTask<long> LastPositionAsync(CancellationToken ct) => ValueTask.FromResult(database.Read(EventRows.LastPosition));
}

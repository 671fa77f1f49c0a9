using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Leases;
using Postoffice.Store.Projections;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Log;

/// <summary>The journal on SQLite: appends through the writer loop, reads on connections that cannot write.</summary>
internal sealed class SqliteEventLog(Database database) : IEventLog
{
    public async ValueTask<AppendResult> AppendAsync(Append append, CancellationToken ct)
    {
        // Facts become text on the caller's thread; the one writer has enough to do.
        var texts = append.Streams.Select(stream => stream.Facts.Select(EventJson.Write).ToArray()).ToArray();
        return await database.Writer.RunAsync(tx => Write(append, texts, tx), ct);
    }

    public ValueTask<IReadOnlyList<RecordedEvent>> ReadAsync(StreamId stream, int after, CancellationToken ct) =>
        ValueTask.FromResult<IReadOnlyList<RecordedEvent>>(database.Read(tx => EventRows.OfStream(tx, stream, after)));

    public ValueTask<IReadOnlyList<RecordedEvent>> ReadAllAsync(long after, int limit, CancellationToken ct) =>
        ValueTask.FromResult<IReadOnlyList<RecordedEvent>>(database.Read(tx => EventRows.After(tx, after, limit)));

    public ValueTask<long> LastPositionAsync(CancellationToken ct) => ValueTask.FromResult(database.Read(EventRows.LastPosition));

    private static AppendResult Write(Append append, string[][] texts, StoreTransaction tx)
    {
        if (append.Lease is { } lease && !LeaseTable.IsHeld(lease, tx)) return new AppendResult.LeaseLost();
        foreach (var stream in append.Streams)
        {
            if (stream.Expected.IsAny) continue;
            var actual = EventRows.VersionOf(tx, stream.Stream);
            if (actual != stream.Expected.Version) return new AppendResult.WrongVersion(stream.Stream, actual);
        }
        if (append.Content is { } content) ContentRows.Keep(content, tx);

        long first = 0, position = 0;
        for (var s = 0; s < append.Streams.Count; s++)
        {
            var stream = append.Streams[s];
            var version = stream.Expected.IsAny ? EventRows.VersionOf(tx, stream.Stream) : stream.Expected.Version;
            for (var f = 0; f < stream.Facts.Count; f++)
            {
                var fact = stream.Facts[f];
                var name = EventCatalogue.NameOf(fact);
                position = EventRows.Insert(tx, stream.Stream, ++version, name, texts[s][f], stream.CausedBy);
                if (first == 0) first = position;
                var recorded = new RecordedEvent(position, stream.Stream, version, name, fact, stream.CausedBy, tx.Now);
                foreach (var projection in ProjectionCatalogue.Inline) projection.Fold(recorded, tx);
            }
        }
        foreach (var projection in ProjectionCatalogue.Inline) Checkpoint.Save(projection, position, tx);
        return new AppendResult.Appended(first);
    }
}

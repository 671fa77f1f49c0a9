using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Leases;
using Postoffice.Store.Projections;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Log;

/// <summary>Writes an append's facts, content and inline projections inside a transaction that somebody else commits.</summary>
/// <remarks>Facts become text when this is made, on the caller's thread; the one writer has enough to do.</remarks>
internal sealed class FactWriter
{
    private readonly Append append;
    private readonly string[][] texts;

    /// <exception cref="ArgumentException">The append holds no fact.</exception>
    public FactWriter(Append append)
    {
        this.append = append;
        if (append.Streams.Count == 0 || append.Streams.Any(stream => stream.Facts.Count == 0))
        {
            throw new ArgumentException("an append holds at least one fact for each of its streams", nameof(append));
        }
        texts = append.Streams.Select(stream => stream.Facts.Select(EventJson.Write).ToArray()).ToArray();
    }

    public AppendResult Write(StoreTransaction tx)
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
            var causedBy = stream.CausedByFact is { } earlier ? first + earlier : stream.CausedBy;
            for (var f = 0; f < stream.Facts.Count; f++)
            {
                var fact = stream.Facts[f];
                var name = EventCatalogue.NameOf(fact);
                position = EventRows.Insert(tx, stream.Stream, ++version, name, texts[s][f], causedBy);
                if (first == 0) first = position;
                var recorded = new RecordedEvent(position, stream.Stream, version, name, fact, causedBy, tx.Now);
                foreach (var projection in ProjectionCatalogue.Inline) projection.Fold(recorded, tx);
            }
        }
        foreach (var projection in ProjectionCatalogue.Inline) Checkpoint.Save(projection, position, tx);
        return new AppendResult.Appended(first);
    }
}

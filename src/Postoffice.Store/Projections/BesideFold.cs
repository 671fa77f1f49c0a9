using Postoffice.Store.Log;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Projections;

/// <summary>
/// A projection folded again from the first fact, in a private database beside the live tables: unqualified names in its SQL mean the
/// private ones there. The tables are made from the live schema, so both have the same constraints.
/// </summary>
internal sealed class BesideFold : IDisposable
{
    private const int Chunk = 500; // facts read in one snapshot

    private readonly IProjection projection;
    private readonly StoreTransaction beside;
    private long before;
    private bool inTail;

    private BesideFold(IProjection projection, StoreTransaction beside)
    {
        this.projection = projection;
        this.beside = beside;
    }

    /// <summary>Last fact folded.</summary>
    public long Position { get; private set; }

    public StoreTransaction Rows => beside;

    public static BesideFold Create(IProjection projection, Database database)
    {
        var tables = new StoreTransaction(Connections.OpenPrivate());
        foreach (var table in projection.Tables)
        {
            var schema = database.Read(tx => tx.All(
                "SELECT sql FROM sqlite_master WHERE tbl_name = ?1 AND type IN ('table', 'index') AND sql IS NOT NULL ORDER BY type DESC",
                row => row.Text(0), table.Name));
            foreach (var sql in schema) tables.Run(sql);
        }
        return new BesideFold(projection, tables);
    }

    /// <summary>Folds in short snapshots until few facts are left for <see cref="FoldTail"/>.</summary>
    /// <param name="end">How far to go, asked in each snapshot: the journal grows meanwhile.</param>
    public void FoldMost(Database database, Func<StoreTransaction, long> end, IProgress<StoreProgress>? progress, CancellationToken ct)
    {
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            var (rows, until) = database.Read(tx =>
            {
                var last = end(tx);
                return (EventRows.RowsAfter(tx, Position, Chunk, last), last);
            });
            beside.Run("BEGIN");
            Fold(rows);
            beside.Run("COMMIT");
            progress?.Report(new StoreProgress(projection.Name, Position, until));
            if (rows.Count < Chunk) return;
        }
    }

    /// <summary>
    /// Folds what is left up to a position, from the snapshot of the caller. Asked again, it forgets the first answer: a transaction that
    /// was rolled back runs again and may then see other facts.
    /// </summary>
    public void FoldTail(StoreTransaction tx, long end)
    {
        if (inTail)
        {
            beside.Run("ROLLBACK");
            Position = before;
        }
        beside.Run("BEGIN");
        inTail = true;
        before = Position;
        while (EventRows.RowsAfter(tx, Position, Chunk, end) is { Count: > 0 } rows) Fold(rows);
    }

    public void Dispose() => beside.Dispose();

    private void Fold(List<JournalRow> rows)
    {
        // The live fold has quarantined what cannot be folded; here it is left out likewise.
        foreach (var row in rows) _ = GuardedFold.TryFold(projection, row, beside);
        if (rows.Count > 0) Position = rows[^1].Position;
    }
}

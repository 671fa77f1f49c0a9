using Postoffice.Store.Log;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Projections;

/// <summary>
/// One step of a projection that follows the journal, in the transaction of its caller. What a step needs to know stands in the store, so
/// a process that is killed between two steps is continued by any other: rows of another fold are removed first, then the journal is
/// folded from the start.
/// </summary>
internal static class FollowingFold
{
    /// <param name="most">Facts folded, or rows removed, by this step.</param>
    /// <returns>Whether there was more to do when the step ended.</returns>
    public static bool Step(IProjection projection, int most, StoreTransaction tx)
    {
        var checkpoint = Checkpoint.Load(projection.Name, tx);
        if (checkpoint?.Version != projection.Version)
        {
            Checkpoint.Forget(projection, tx);
            if (!TryEmpty(projection, most, tx)) return true;
            checkpoint = new Checkpoint(projection.Version, 0);
        }
        var rows = EventRows.RowsAfter(tx, checkpoint.Position, most);
        foreach (var row in rows)
        {
            if (GuardedFold.TryFold(projection, row, tx) is { } reason) Quarantine.Add(projection, row.Position, reason, tx);
        }
        Checkpoint.Save(projection, rows.Count == 0 ? checkpoint.Position : rows[^1].Position, tx);
        return rows.Count == most;
    }

    /// <summary>Whether a step would do something; asked without the writers' turn.</summary>
    public static bool IsBehind(IProjection projection, StoreTransaction tx) =>
        Checkpoint.Load(projection.Name, tx) is not { } checkpoint
        || checkpoint.Version != projection.Version
        || checkpoint.Position < EventRows.LastPosition(tx);

    /// <returns>Whether no row is left.</returns>
    private static bool TryEmpty(IProjection projection, int most, StoreTransaction tx)
    {
        foreach (var table in projection.Tables)
        {
            if (tx.Run($"DELETE FROM {table.Name} WHERE ({table.KeyList}) IN (SELECT {table.KeyList} FROM {table.Name} LIMIT ?1)", most) == most)
            {
                return false;
            }
        }
        Quarantine.Clear(projection, tx);
        return true;
    }
}

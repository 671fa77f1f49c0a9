using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;
using Postoffice.Store.Log;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Projections;

/// <summary>Folds one row of the journal so that a bad one leaves nothing and stops nothing.</summary>
internal static class GuardedFold
{
    /// <returns>Null when the fact is folded; otherwise why it is not, and then no row was touched.</returns>
    /// <exception cref="SqliteException">The store's own trouble: busy, full or broken.</exception>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever one fact does to a fold, the reason is kept and the others go on.")]
    public static string? TryFold(IProjection projection, JournalRow row, StoreTransaction tx)
    {
        tx.Run("SAVEPOINT fact");
        try
        {
            projection.Fold(row.Decode(), tx);
            tx.Run("RELEASE fact");
            return null;
        }
        catch (SqliteException trouble) when (WriterLoop.TroubleOf(trouble) is not null)
        {
            throw;
        }
        catch (Exception fault)
        {
            tx.Run("ROLLBACK TO fact");
            tx.Run("RELEASE fact");
            return fault.InnerException is { } inner ? $"{fault.Message}: {inner.Message}" : fault.Message;
        }
    }
}

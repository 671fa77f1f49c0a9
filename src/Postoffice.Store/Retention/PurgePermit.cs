using Postoffice.Store.Events;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Retention;

/// <summary>The only way facts are deleted: the triggers let go what is listed, and the list lives no longer than its transaction.</summary>
internal static class PurgePermit
{
    /// <returns>How many facts were deleted. The caller records them in the same transaction.</returns>
    public static int Delete(StreamId stream, StoreTransaction tx)
    {
        tx.Run("INSERT INTO purge_permit (position) SELECT position FROM event WHERE stream = ?1", stream.Name);
        var deleted = tx.Run("DELETE FROM event WHERE stream = ?1", stream.Name);
        tx.Run("DELETE FROM purge_permit");
        return deleted;
    }
}

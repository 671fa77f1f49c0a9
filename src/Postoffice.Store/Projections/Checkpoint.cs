using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Projections;

/// <summary>How far a projection has folded the journal; moved in the transaction that leaves the rows.</summary>
/// <param name="Version">Of the fold that left the rows; 0 while they are being removed to be folded again.</param>
/// <param name="Position">Last fact folded; 0 for none.</param>
internal sealed record Checkpoint(int Version, long Position)
{
    public static Checkpoint? Load(string projection, StoreTransaction tx) => tx.One(
        "SELECT version, position FROM projection WHERE name = ?1",
        row => new Checkpoint((int)row.Integer(0), row.Integer(1)),
        projection);

    public static void Save(IProjection projection, long position, StoreTransaction tx) =>
        Save(projection.Name, new Checkpoint(projection.Version, position), tx);

    /// <summary>The rows are of no fold any more: whoever goes on removes them first and folds from the start.</summary>
    public static void Forget(IProjection projection, StoreTransaction tx) => Save(projection.Name, new Checkpoint(0, 0), tx);

    private static void Save(string projection, Checkpoint checkpoint, StoreTransaction tx) => tx.Run(
        """
        INSERT INTO projection (name, version, position) VALUES (?1, ?2, ?3)
        ON CONFLICT (name) DO UPDATE SET version = excluded.version, position = excluded.position
        """,
        projection, checkpoint.Version, checkpoint.Position);
}

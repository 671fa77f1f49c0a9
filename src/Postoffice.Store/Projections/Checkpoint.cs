using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Projections;

/// <summary>How far a projection has folded the journal; moved in the transaction that leaves the rows.</summary>
/// <param name="Version">Of the fold that left the rows.</param>
/// <param name="Position">Last fact folded; 0 for none.</param>
internal sealed record Checkpoint(int Version, long Position)
{
    public static Checkpoint? Load(string projection, StoreTransaction tx) => tx.One(
        "SELECT version, position FROM projection WHERE name = ?1",
        row => new Checkpoint((int)row.Integer(0), row.Integer(1)),
        projection);

    public static void Save(IProjection projection, long position, StoreTransaction tx) => tx.Run(
        """
        INSERT INTO projection (name, version, position) VALUES (?1, ?2, ?3)
        ON CONFLICT (name) DO UPDATE SET version = excluded.version, position = excluded.position
        """,
        projection.Name, projection.Version, position);
}

using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Projections;

/// <summary>A fact that a projection goes on without.</summary>
/// <param name="Position">Of the fact.</param>
/// <param name="Reason">Why it could not be folded.</param>
/// <param name="At">When that was found, UTC.</param>
public sealed record QuarantinedFact(string Projection, long Position, string Reason, DateTimeOffset At);

/// <summary>The facts that projections go on without.</summary>
internal static class Quarantine
{
    public static void Add(IProjection projection, long position, string reason, StoreTransaction tx) => tx.Run(
        """
        INSERT INTO projection_quarantine (name, position, reason, at_ms) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (name, position) DO UPDATE SET reason = excluded.reason, at_ms = excluded.at_ms
        """,
        projection.Name, position, reason, tx.Now.ToUnixTimeMilliseconds());

    public static void Clear(IProjection projection, StoreTransaction tx) =>
        tx.Run("DELETE FROM projection_quarantine WHERE name = ?1", projection.Name);

    public static long Count(string projection, StoreTransaction tx) =>
        tx.Number("SELECT count(*) FROM projection_quarantine WHERE name = ?1", projection) ?? 0;

    public static List<QuarantinedFact> First(int limit, StoreTransaction tx) => tx.All(
        "SELECT name, position, reason, at_ms FROM projection_quarantine ORDER BY name, position LIMIT ?1",
        row => new QuarantinedFact(row.Text(0), row.Integer(1), row.Text(2), DateTimeOffset.FromUnixTimeMilliseconds(row.Integer(3))),
        limit);
}

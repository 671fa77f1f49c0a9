using Postoffice.Store.Events;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Projections;

/// <summary>Which destinations are not tried for now.</summary>
public sealed class OpenCircuits : IProjection
{
    public string Name => "open_circuit";
    public int Version => 1;
    public bool Inline => true;
    public IReadOnlyList<ProjectionTable> Tables { get; } = [new("open_circuit", ["destination", "opened_at_ms", "until_ms", "reason"], Key: 1)];

    public void Fold(RecordedEvent recorded, StoreTransaction tx)
    {
        if (!recorded.Stream.TryGetDestination(out var destination)) return;
        switch (recorded.Fact)
        {
            case CircuitOpened opened:
                tx.Run(
                    """
                    INSERT INTO open_circuit (destination, opened_at_ms, until_ms, reason) VALUES (?1, ?2, ?3, ?4)
                    ON CONFLICT (destination) DO UPDATE SET until_ms = excluded.until_ms, reason = excluded.reason
                    """,
                    destination, recorded.RecordedAt.ToUnixTimeMilliseconds(), opened.Until.ToUnixTimeMilliseconds(), opened.Reason);
                break;
            case CircuitClosed:
                tx.Run("DELETE FROM open_circuit WHERE destination = ?1", destination);
                break;
            default:
                break;
        }
    }
}

namespace Postoffice.Store.Projections;

/// <summary>What folding a projection again beside its live tables showed.</summary>
/// <param name="Position">Last fact that both have folded.</param>
/// <param name="Rows">Live rows compared.</param>
/// <param name="DifferenceCount">All differences; <paramref name="Differences"/> holds the first of them.</param>
/// <param name="NotVerified">Why there was nothing to compare, such as a rebuild under way; null when it was compared.</param>
public sealed record ProjectionVerification(
    string Projection, long Position, long Rows, long DifferenceCount, IReadOnlyList<ProjectionDifference> Differences, string? NotVerified)
{
    public bool IsClean => NotVerified is null && DifferenceCount == 0;
}

/// <summary>One place where the live rows are not what the facts tell.</summary>
/// <param name="Key">Values of the table's key, separated by slashes.</param>
/// <param name="Column">Null when the row as a whole is missing or should not be there.</param>
/// <param name="Live">What stands there; null when the row is missing.</param>
/// <param name="Expected">What the facts tell; null when there should be no row.</param>
public sealed record ProjectionDifference(string Table, string Key, string? Column, string? Live, string? Expected);

/// <summary>Where a projection stands.</summary>
/// <param name="Version">Of the fold that left its rows; 0 when they are being folded again.</param>
/// <param name="Inline">Folded with each append; the others follow.</param>
/// <param name="Position">Last fact folded.</param>
/// <param name="Lag">Positions between that and the journal's last fact.</param>
/// <param name="Quarantined">Facts it goes on without.</param>
public sealed record ProjectionStatus(string Name, int Version, bool Inline, long Position, long Lag, long Quarantined);

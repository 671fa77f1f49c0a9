namespace Postoffice.Store.Leases;

/// <summary>A claim on one partition of the journal.</summary>
/// <param name="Partition">0 to N-1; SQLite has N = 1.</param>
/// <param name="Token">Grows with each claim and is never reset: the latest token holds the partition.</param>
public sealed record Lease(int Partition, long Token);

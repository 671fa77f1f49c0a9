using Postoffice.Store.Native;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Leases;

/// <summary>Who may deliver. Ends are counted by the clock of the boot, which no one sets, so a jump of the wall clock takes no lease away.</summary>
internal sealed class LeaseTable(Database database, BootClock clock) : ILeases
{
    public async ValueTask<Lease?> TryClaimAsync(int partition, string owner, TimeSpan term, CancellationToken ct) =>
        await database.Writer.RunAsync(tx =>
        {
            var now = clock.Milliseconds;
            var token = tx.Number(
                """
                INSERT INTO lease (partition, owner, token, boot_id, until_boot_ms) VALUES (?1, ?2, 1, ?3, ?5)
                ON CONFLICT (partition) DO UPDATE
                   SET owner = excluded.owner, token = token + 1, boot_id = excluded.boot_id, until_boot_ms = excluded.until_boot_ms
                 WHERE lease.boot_id <> excluded.boot_id OR lease.until_boot_ms <= ?4
                RETURNING token
                """,
                partition, owner, clock.BootId, now, now + (long)term.TotalMilliseconds);
            return token is { } held ? new Lease(partition, held) : null;
        }, ct);

    public async ValueTask<bool> RenewAsync(Lease lease, TimeSpan term, CancellationToken ct) =>
        await database.Writer.RunAsync(tx => tx.Run(
            "UPDATE lease SET boot_id = ?3, until_boot_ms = ?4 WHERE partition = ?1 AND token = ?2",
            lease.Partition, lease.Token, clock.BootId, clock.Milliseconds + (long)term.TotalMilliseconds) == 1, ct);

    public async ValueTask ReleaseAsync(Lease lease, CancellationToken ct) =>
        await database.Writer.RunAsync(tx => tx.Run(
            "UPDATE lease SET until_boot_ms = 0 WHERE partition = ?1 AND token = ?2", lease.Partition, lease.Token), ct);

    public ValueTask<string?> OwnerAsync(int partition, CancellationToken ct) => ValueTask.FromResult(database.Read(tx =>
        tx.One("SELECT owner FROM lease WHERE partition = ?1", row => row.Text(0), partition)));

    /// <returns>Who holds the partition now; null when nobody does or the term has run out.</returns>
    public static string? HolderOf(int partition, BootClock clock, StoreTransaction tx) => tx.One(
        "SELECT owner FROM lease WHERE partition = ?1 AND boot_id = ?2 AND until_boot_ms > ?3",
        row => row.Text(0), partition, clock.BootId, clock.Milliseconds);

    /// <summary>Whether the lease is still the latest: asked inside the transaction that depends on it.</summary>
    public static bool IsHeld(Lease lease, StoreTransaction tx) =>
        tx.Number("SELECT 1 FROM lease WHERE partition = ?1 AND token = ?2", lease.Partition, lease.Token) is not null;
}

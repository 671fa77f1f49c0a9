using Microsoft.Extensions.Logging;
using Postoffice.Store.Leases;
using Postoffice.Store.Log;

namespace Postoffice.Runner.Scheduling;

/// <summary>
/// Claims the partition and keeps it. A holder that dies or is paused is followed by the next within its term and one try: 11 s. That it may
/// wake up later and think it still holds is no matter: the store asks for the token in every append.
/// </summary>
internal sealed class LeaseKeeper(ILeases leases, string owner, TimeProvider clock, ILogger log)
{
    public static readonly TimeSpan Term = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ClaimEvery = TimeSpan.FromSeconds(1);
    private const int Partition = 0; // SQLite has one

    /// <summary>Waits until the partition is ours.</summary>
    /// <param name="waits">Called once, with who holds it, when it is not ours at once.</param>
    public async Task<Lease> ClaimAsync(Action<string> waits, CancellationToken ct)
    {
        var told = false;
        while (true)
        {
            try
            {
                if (await leases.TryClaimAsync(Partition, owner, Term, ct) is { } lease) return lease;
                if (!told) waits(await leases.OwnerAsync(Partition, ct) ?? "somebody");
                told = true;
            }
            catch (StoreUnavailableException trouble)
            {
                RunnerLog.LeaseWaits(log, trouble.Message);
            }
            await Task.Delay(ClaimEvery, clock, ct);
        }
    }

    /// <summary>Renews until the lease is lost, and then returns.</summary>
    public async Task KeepAsync(Lease lease, CancellationToken ct)
    {
        while (true)
        {
            await Task.Delay(RenewEvery, clock, ct);
            try
            {
                if (!await leases.RenewAsync(lease, Term, ct)) return;
            }
            catch (StoreUnavailableException trouble)
            {
                RunnerLog.LeaseWaits(log, trouble.Message);
            }
        }
    }

    /// <summary>Lets the next one claim at once; when the store cannot be written, it waits for the term to end.</summary>
    public async Task ReleaseAsync(Lease lease, CancellationToken ct)
    {
        try
        {
            await leases.ReleaseAsync(lease, ct);
        }
        catch (StoreUnavailableException trouble)
        {
            RunnerLog.LeaseWaits(log, trouble.Message);
        }
    }
}

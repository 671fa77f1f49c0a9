namespace Postoffice.Store.Leases;

/// <summary>One runner a partition. A lease that ran out may be claimed by another; the token then tells the two apart for ever.</summary>
public interface ILeases
{
    /// <summary>Takes the partition when nobody holds it or the holder's term ran out; null while another holds it.</summary>
    /// <param name="owner">For people: program, pid, host.</param>
    ValueTask<Lease?> TryClaimAsync(int partition, string owner, TimeSpan term, CancellationToken ct);

    /// <summary>Begins the term anew; false when the lease was taken over, and then nothing may be done in its name.</summary>
    ValueTask<bool> RenewAsync(Lease lease, TimeSpan term, CancellationToken ct);

    /// <summary>Lets the next one claim at once.</summary>
    ValueTask ReleaseAsync(Lease lease, CancellationToken ct);

    /// <summary>Who claimed the partition last; null when nobody ever did.</summary>
    ValueTask<string?> OwnerAsync(int partition, CancellationToken ct);
}

namespace Postoffice.Runner.Deliverer;

/// <summary>Answer to the first phase of a delivery.</summary>
public abstract record PrepareResult
{
    private PrepareResult()
    {
    }

    /// <summary>
    /// Everything that can fail early has not. Commit the intent with <paramref name="Evidence"/> to the journal, then call
    /// <see cref="DelivererClient.CommitAsync"/>; or <see cref="DelivererClient.AbortAsync"/> while no intent is committed.
    /// One of the two must be called: each prepared delivery holds one of the client's places.
    /// </summary>
    /// <param name="Delivery">Names the delivery to the client that made it.</param>
    public sealed record Prepared(uint Delivery, MailboxEvidence Evidence) : PrepareResult;

    public sealed record Failed(DeliveryFailure Failure) : PrepareResult;

    /// <summary>The deliverer ended. Nothing is in the mailbox, for no intent was committed.</summary>
    public sealed record Gone : PrepareResult;
}

namespace Postoffice.Runner.Deliverer;

/// <summary>How a delivery with a committed intent stands.</summary>
public abstract record DeliveryOutcome
{
    private DeliveryOutcome()
    {
    }

    /// <summary>In the mailbox and synced.</summary>
    public sealed record Delivered : DeliveryOutcome;

    /// <summary>Commit: nothing is in the mailbox. Recover: the mailbox cannot be looked at now; ask again later.</summary>
    public sealed record Failed(DeliveryFailure Failure) : DeliveryOutcome;

    /// <summary>Recover only: proven not to be in the mailbox, and nothing of it is left there. Deliver it again with a new attempt number.</summary>
    public sealed record NotDelivered : DeliveryOutcome;

    /// <summary>The mailbox does not let us see whether it is there.</summary>
    public sealed record InDoubt(string Reason) : DeliveryOutcome;

    /// <summary>The deliverer ended before it answered: recover with the evidence once a new one runs.</summary>
    public sealed record Gone : DeliveryOutcome;
}

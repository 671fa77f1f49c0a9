namespace Postoffice.Runner.Deliverer.Mailboxes;

/// <summary>
/// One delivery to one mailbox, as a sequence of synchronous steps that a work thread calls one at a time. Each step takes the user's
/// rights itself for as long as it needs them.
/// </summary>
internal abstract class MailboxWriter : IDisposable
{
    /// <summary>Before the first octet.</summary>
    /// <returns>A failure ends the delivery.</returns>
    public abstract DeliveryFailure? Start();

    /// <summary>Takes a piece of the message with its CRLFs.</summary>
    /// <inheritdoc cref="Start"/>
    public abstract DeliveryFailure? Write(ReadOnlySpan<byte> content);

    /// <summary>After the last octet.</summary>
    /// <inheritdoc cref="Start"/>
    public abstract DeliveryFailure? Finish();

    /// <summary>Makes ready for the commit. Called again after <see cref="PrepareStep.Busy"/>.</summary>
    public abstract PrepareStep Prepare();

    /// <summary>What <see cref="Prepare"/> holds that others wait for; after this only <see cref="Commit"/> (which then fails) and <see cref="Abort"/> make sense.</summary>
    /// <returns>False: nothing is held, a commit remains possible however late.</returns>
    public abstract bool GiveUpLock();

    public abstract DeliveryOutcome Commit();

    /// <summary>No intent is committed: leave nothing behind.</summary>
    public abstract void Abort();

    /// <summary>Closes what is open; leaves in the mailbox what a recovery needs.</summary>
    public abstract void Dispose();
}

/// <summary>Answer of <see cref="MailboxWriter.Prepare"/>.</summary>
internal abstract record PrepareStep
{
    private PrepareStep()
    {
    }

    public sealed record Ready(MailboxEvidence Evidence) : PrepareStep;

    public sealed record Failed(DeliveryFailure Failure) : PrepareStep;

    /// <param name="HeldBy">What somebody else holds, for the sentence when patience ends.</param>
    public sealed record Busy(string HeldBy) : PrepareStep;
}

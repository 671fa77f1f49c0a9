using Postoffice.Store.Events;

namespace Postoffice.Store.Queue;

/// <summary>Where a recipient of a message stands.</summary>
public enum RecipientState
{
    /// <summary>Waits for its next attempt.</summary>
    Pending,

    /// <summary>An attempt began and has no outcome yet: under way, or in doubt after a crash.</summary>
    Trying,
    Delivered,
    Failed,
    Expired,

    /// <summary>Ended by an operator; nobody is told.</summary>
    Cancelled,
}

/// <summary>A recipient as folded from the facts.</summary>
/// <param name="Accepted">As it was accepted.</param>
/// <param name="Attempts">Attempts begun for it.</param>
/// <param name="DueAt">Earliest instant of the next attempt, UTC.</param>
/// <param name="Last">Its last outcome; null before the first.</param>
/// <param name="LastHost">The next hop of its last attempt; null for a mailbox or when none was reached.</param>
/// <param name="LastEndedAt">When its last attempt ended, UTC; null before the first.</param>
/// <param name="LastBy">Position of the fact that ended its last attempt; null before the first.</param>
/// <param name="MayHaveIt">An attempt for it ended in doubt: it may have the message, whatever later ones said.</param>
/// <param name="Relayed">Delivered by a next hop, not into a mailbox of this machine.</param>
/// <param name="SettledBy">Position of the fact that settled it; null while open.</param>
/// <param name="Reported">A DSN tells of its end, or was decided against.</param>
/// <param name="Warned">A DSN told that it is delayed.</param>
/// <param name="Ordered">What an operator ordered while an attempt was under way, to be done when that leaves it waiting; null for nothing.</param>
/// <param name="Ending">Which operator ended it and why, in words; null when none did.</param>
/// <param name="Steps">Attempts that came by the schedule: one that an operator wished for takes nothing from those that follow.</param>
public sealed record QueuedRecipient(
    AcceptedRecipient Accepted,
    RecipientState State,
    int Attempts,
    DateTimeOffset DueAt,
    RecipientOutcome? Last = null,
    string? LastHost = null,
    DateTimeOffset? LastEndedAt = null,
    long? LastBy = null,
    bool MayHaveIt = false,
    bool Relayed = false,
    long? SettledBy = null,
    bool Reported = false,
    bool Warned = false,
    QueueEvent? Ordered = null,
    string? Ending = null,
    int Steps = 0)
{
    public int Number => Accepted.Number;
    public bool IsSettled => State is RecipientState.Delivered or RecipientState.Failed or RecipientState.Expired or RecipientState.Cancelled;
    public bool HasFailed => State is RecipientState.Failed or RecipientState.Expired;
}

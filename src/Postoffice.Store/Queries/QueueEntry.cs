namespace Postoffice.Store.Queries;

/// <summary>A message that waits, as <c>mailq</c> shows it.</summary>
/// <param name="QueueId">Its queue id.</param>
/// <param name="AcceptedAt">When we took it, UTC.</param>
/// <param name="Sender">Reverse-path; empty for the null reverse-path.</param>
/// <param name="Size">Octets of the content.</param>
/// <param name="Held">Who holds it and why; null when nobody does.</param>
/// <param name="Trying">An attempt is under way, or was cut off by a crash.</param>
/// <param name="Recipients">Those still waiting, by number.</param>
/// <param name="Problem">Why the message could not be read whole; null when it could.</param>
/// <param name="Rerouted">Where an operator sent it, who and why; null when it goes by the configuration.</param>
public sealed record QueueEntry(
    string QueueId,
    DateTimeOffset AcceptedAt,
    string Sender,
    long Size,
    string? Held,
    bool Trying,
    IReadOnlyList<WaitingRecipient> Recipients,
    string? Problem = null,
    string? Rerouted = null);

/// <param name="Number">Recipient number.</param>
/// <param name="Address">Forward-path.</param>
/// <param name="Attempts">Attempts begun so far.</param>
/// <param name="NextAttemptAt">Earliest instant of the next attempt, UTC.</param>
/// <param name="LastReply">The peer's words or our reason, as last heard: hostile text. Null before the first outcome.</param>
public sealed record WaitingRecipient(int Number, string Address, int Attempts, DateTimeOffset NextAttemptAt, string? LastReply);

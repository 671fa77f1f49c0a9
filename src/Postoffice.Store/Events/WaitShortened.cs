namespace Postoffice.Store.Events;

/// <summary>
/// These recipients would have waited for longer than any retry schedule says: their instant came from a clock that was wrong, or from steps that
/// are shorter now.
/// </summary>
/// <param name="Recipients">Recipient numbers.</param>
/// <param name="NextAttemptAt">The earliest instant of the next attempt instead, UTC.</param>
public sealed record WaitShortened(ValueList<int> Recipients, DateTimeOffset NextAttemptAt) : QueueEvent;

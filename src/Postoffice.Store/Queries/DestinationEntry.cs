namespace Postoffice.Store.Queries;

/// <summary>A destination with mail in the queue, or with attempts of late, as <c>postoffice destinations</c> shows it.</summary>
/// <param name="Destination">A domain, or <c>host:port</c> where the configuration names one; empty for users of this machine alone.</param>
/// <param name="Waiting">Recipients that wait.</param>
/// <param name="Trying">Recipients with an attempt under way.</param>
/// <param name="Held">Recipients of messages that are held.</param>
/// <param name="LastReply">Words last heard about one of them, the peer's or ours: hostile text. Null before the first.</param>
/// <param name="Running">Attempts under way; null when no runner was asked, or it knows nothing of the destination.</param>
/// <param name="Limit">Attempts that may be under way at once; null likewise.</param>
/// <param name="OpenSince">Since when nothing is dialled, UTC; null when its mail is tried.</param>
/// <param name="OpenUntil">When it is tried again, UTC; null likewise.</param>
public sealed record DestinationEntry(
    string Destination,
    long Waiting = 0,
    long Trying = 0,
    long Held = 0,
    string? LastReply = null,
    int? Running = null,
    int? Limit = null,
    DateTimeOffset? OpenSince = null,
    DateTimeOffset? OpenUntil = null);

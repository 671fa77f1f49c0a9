namespace Postoffice.Store.Events;

/// <summary>A fact: something that happened, in field words. Stream, version, position and time are on <see cref="RecordedEvent"/>.</summary>
public abstract record QueueEvent;

/// <summary>A fact as the journal holds it.</summary>
/// <param name="Position">Order of the whole journal, from 1; never reused.</param>
/// <param name="Version">Order within the stream, from 1, without gaps.</param>
/// <param name="Name">The stored name, such as <c>message-accepted.v1</c>.</param>
/// <param name="CausedBy">Position of the fact that led here; null when the outside did.</param>
/// <param name="RecordedAt">UTC, to the millisecond.</param>
public sealed record RecordedEvent(
    long Position, StreamId Stream, int Version, string Name, QueueEvent Fact, long? CausedBy, DateTimeOffset RecordedAt);

namespace Postoffice.Store.Events;

/// <summary>The content of a finished message was removed by <c>keep-content=</c>; its history stays.</summary>
/// <param name="Octets">How many were removed.</param>
public sealed record ContentPurged(long Octets) : QueueEvent;

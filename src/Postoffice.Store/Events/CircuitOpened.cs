namespace Postoffice.Store.Events;

/// <summary>Too many attempts in a row did not reach the destination: its mail waits without being tried.</summary>
/// <param name="Reason">The peer's words or ours, as last heard; hostile text.</param>
/// <param name="Until">When it is tried again, UTC.</param>
public sealed record CircuitOpened(string Reason, DateTimeOffset Until) : QueueEvent;

/// <summary>The destination gets its mail again.</summary>
/// <param name="Reason">How we know.</param>
public sealed record CircuitClosed(string Reason) : QueueEvent;

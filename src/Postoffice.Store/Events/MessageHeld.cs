namespace Postoffice.Store.Events;

/// <summary>No recipient of the message is tried until it is released.</summary>
/// <param name="By">Who holds it: a user's name, or <c>postoffice-runner</c> when it could not be processed.</param>
/// <param name="Reason">Why.</param>
public sealed record MessageHeld(string By, string Reason) : QueueEvent;

/// <summary>A held message goes on.</summary>
/// <param name="By">Who released it.</param>
public sealed record MessageReleased(string By) : QueueEvent;

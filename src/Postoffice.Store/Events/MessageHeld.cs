namespace Postoffice.Store.Events;

/// <summary>No recipient of the message is tried until it is released.</summary>
/// <param name="By">Who holds it: a user's name, or <c>postoffice-runner</c> when it could not be processed.</param>
/// <param name="Reason">Why; empty when nobody said.</param>
public sealed record MessageHeld(string By, string Reason) : QueueEvent
{
    /// <summary>Who and why.</summary>
    public string Words() => Deed.Words(By, Reason);
}

/// <summary>A held message goes on.</summary>
/// <param name="By">Who released it.</param>
/// <param name="Reason">Why; null when nobody said.</param>
public sealed record MessageReleased(string By, string? Reason = null) : QueueEvent;

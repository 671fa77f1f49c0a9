using Postoffice.Store.Mail;

namespace Postoffice.Store.Events;

/// <summary>From now on every attempt for the message goes to this next hop, whatever the configuration says, until it is rerouted again.</summary>
/// <param name="By">Who rerouted it.</param>
/// <param name="To">The host as the operator named it, resolved at each attempt; null: by the configuration again.</param>
/// <param name="Reason">Why; null when nobody said.</param>
public sealed record MessageRerouted(string By, NextHop? To = null, string? Reason = null) : QueueEvent
{
    /// <summary>Where to, who and why.</summary>
    public string Words() => $"{To} ({Deed.Words(By, Reason)})";
}

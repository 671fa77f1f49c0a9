namespace Postoffice.Store.Events;

/// <summary>The queue lifetime (<c>qreturn</c>) ran out: these recipients failed.</summary>
/// <param name="Recipients">Recipient numbers.</param>
/// <param name="LastReason">What kept them waiting, as last heard; null when they were never tried.</param>
public sealed record RecipientExpired(ValueList<int> Recipients, string? LastReason) : QueueEvent;

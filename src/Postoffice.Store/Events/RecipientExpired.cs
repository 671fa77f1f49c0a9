namespace Postoffice.Store.Events;

/// <summary>The queue lifetime (<c>qreturn</c>) ran out, or an operator said that it has: these recipients failed.</summary>
/// <param name="Recipients">Recipient numbers.</param>
/// <param name="LastReason">What kept them waiting, as last heard; null when they were never tried.</param>
/// <param name="By">The operator who ended them before their time; null when time did.</param>
/// <param name="Reason">Why he did; null when nobody said.</param>
/// <param name="Trying">Numbers of those with an attempt under way: it ends as it ends, and whom it leaves waiting expires then. Null for none.</param>
public sealed record RecipientExpired(
    ValueList<int> Recipients, string? LastReason, string? By = null, string? Reason = null, ValueList<int>? Trying = null) : QueueEvent
{
    /// <summary>As the last thing heard of a recipient; null when nothing was.</summary>
    public string? Words()
    {
        if (By is null) return LastReason;
        var deed = $"expired by {Deed.Words(By, Reason)}";
        return LastReason is null ? deed : $"{deed}; last heard: {LastReason}";
    }
}

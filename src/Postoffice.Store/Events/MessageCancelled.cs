namespace Postoffice.Store.Events;

/// <summary>An operator ended these recipients. Nobody is told, as with Postfix's <c>postsuper -d</c>; the content and the facts stay.</summary>
/// <param name="By">Who cancelled them.</param>
/// <param name="Recipients">Numbers of those that end with this fact.</param>
/// <param name="Trying">Numbers of those with an attempt under way: it ends as it ends, and whom it leaves waiting ends then. Null for none.</param>
/// <param name="Reason">Why; null when nobody said.</param>
public sealed record MessageCancelled(
    string By, ValueList<int> Recipients, ValueList<int>? Trying = null, string? Reason = null) : QueueEvent
{
    /// <summary>Who and why, as the last thing heard of a recipient.</summary>
    public string Words() => $"cancelled by {Deed.Words(By, Reason)}";
}

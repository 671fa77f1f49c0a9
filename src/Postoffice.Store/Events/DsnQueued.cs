using System.Text.Json.Serialization;
using Postoffice.Store.Mail;

namespace Postoffice.Store.Events;

/// <summary>A delivery status notification (RFC 3464) about these recipients was accepted as a message of its own.</summary>
/// <param name="Dsn">Queue id of the notification; null when none is sent: the message was itself one, or NOTIFY=NEVER was asked.</param>
/// <param name="Recipients">Recipient numbers it tells of.</param>
/// <param name="Reason">Why none is sent; null when one is.</param>
/// <param name="Action">What it tells of them. One notification may tell different things of different recipients, each by a fact of its own.</param>
public sealed record DsnQueued(
    QueueId? Dsn,
    ValueList<int> Recipients,
    string? Reason = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] DsnAction Action = DsnAction.Failed) : QueueEvent;

/// <summary>What a notification says of a recipient (RFC 3464 §2.3.3).</summary>
public enum DsnAction
{
    /// <summary>Failed for good.</summary>
    Failed,

    /// <summary>Not delivered yet; tried on.</summary>
    Delayed,

    /// <summary>In its mailbox.</summary>
    Delivered,

    /// <summary>Handed to a server that does not report deliveries: nothing more will be heard of it.</summary>
    Relayed,
}

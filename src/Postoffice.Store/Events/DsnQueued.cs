using Postoffice.Store.Mail;

namespace Postoffice.Store.Events;

/// <summary>A delivery status notification (RFC 3464) about these recipients was accepted as a message of its own.</summary>
/// <param name="Dsn">Queue id of the notification; null when none is sent: the message was itself one, or NOTIFY=NEVER was asked.</param>
/// <param name="Recipients">Recipient numbers it tells of.</param>
/// <param name="Reason">Why none is sent; null when one is.</param>
public sealed record DsnQueued(QueueId? Dsn, ValueList<int> Recipients, string? Reason = null) : QueueEvent;

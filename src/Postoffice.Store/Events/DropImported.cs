using Postoffice.Store.Mail;

namespace Postoffice.Store.Events;

/// <summary>A file of the drop directory became a message; appended with its acceptance, so a crash before the unlink takes it once.</summary>
/// <param name="Message">The queue id it got; null when it was refused.</param>
/// <param name="Reason">Why it was refused; null when taken.</param>
public sealed record DropImported(QueueId? Message, string? Reason = null) : QueueEvent;

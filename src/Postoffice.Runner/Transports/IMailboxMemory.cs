using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Transports;

/// <summary>Mailboxes can be asked whether they have a message.</summary>
internal interface IMailboxMemory
{
    /// <summary>How an attempt with a recorded intent ended that was cut off; tidies up after it.</summary>
    /// <returns>Null when the mailbox cannot say now: ask again later.</returns>
    Task<RecipientResult?> RecallAsync(QueueId id, int recipient, AttemptRoute route, CancellationToken ct);
}

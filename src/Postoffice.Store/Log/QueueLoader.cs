using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Store.Log;

/// <summary>From the journal to the fold: kept out of <c>Queue</c>, which does no I/O.</summary>
public static class QueueLoader
{
    /// <summary>Reads and folds a message; null when the journal has no facts of it.</summary>
    /// <exception cref="UnreadableFactException">A row of it does not hold a fact: quarantine the message.</exception>
    public static async ValueTask<QueuedMessage?> LoadAsync(this IEventLog log, QueueId id, CancellationToken ct) =>
        QueuedMessage.Fold(id, await log.ReadAsync(StreamId.Message(id), after: 0, ct));
}

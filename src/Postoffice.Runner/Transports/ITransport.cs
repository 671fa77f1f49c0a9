using Postoffice.Runner.Scheduling;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Transports;

/// <summary>One way for mail to leave the queue.</summary>
internal interface ITransport
{
    /// <summary>Makes the attempt. Whatever goes wrong outside is a result; an exception is a bug or our own store's trouble.</summary>
    /// <param name="ct">Ends what is under way as soon as that can be told from delivered.</param>
    /// <returns>Null when the intent was not recorded, because none of the recipients waits any more: nothing has left.</returns>
    Task<AttemptReport?> DeliverAsync(Attempt attempt, CancellationToken ct);
}

using Postoffice.Store.Control;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Scheduling;

/// <summary>An operator's acts in the name of the lease; whoever must be told is told in the same append.</summary>
internal sealed class RecordedActs(OutcomeRecorder recorder) : IMessageActs
{
    public bool CanNotify => true;

    public async Task<bool> ActAsync(QueueId id, Func<QueuedMessage, QueueEvent?> decide, CancellationToken ct)
    {
        using var flight = new MessageInFlight(id); // beside the one that may be worked on: the versions keep them in order
        try
        {
            return await recorder.LoadAsync(flight, ct) is not null && await recorder.ActAsync(flight, decide, ct);
        }
        catch (LeaseLostException lost)
        {
            throw new StoreUnavailableException(StoreTrouble.Stopping, lost.Message, lost);
        }
    }
}

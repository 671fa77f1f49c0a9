using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Store.Control;

/// <summary>Records what an operator decides about a message, at the version it was decided for.</summary>
public interface IMessageActs
{
    /// <summary>Whether a failure's notification can be recorded with it; if not, nothing may be decided that asks for one.</summary>
    bool CanNotify { get; }

    /// <param name="id">The message.</param>
    /// <param name="decide">Asked anew when somebody else was faster; not asked for a message the journal does not know.</param>
    /// <param name="ct">Ends the wait for the store.</param>
    /// <returns>Whether a fact was recorded.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was recorded.</exception>
    /// <exception cref="UnreadableFactException">A fact of the message cannot be read.</exception>
    Task<bool> ActAsync(QueueId id, Func<QueuedMessage, QueueEvent?> decide, CancellationToken ct);
}

/// <summary>Straight into the journal, for when no runner is there to be asked.</summary>
public sealed class JournalActs(IEventLog journal) : IMessageActs
{
    public bool CanNotify => false;

    public async Task<bool> ActAsync(QueueId id, Func<QueuedMessage, QueueEvent?> decide, CancellationToken ct)
    {
        while (await journal.LoadAsync(id, ct) is { } message)
        {
            if (decide(message) is not { } fact) return false;
            var append = new Append(StreamId.Message(id), ExpectedVersion.At(message.Version), fact);
            if (await journal.AppendAsync(append, ct) is AppendResult.Appended) return true;
        }
        return false;
    }
}

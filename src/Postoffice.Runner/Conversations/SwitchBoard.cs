using System.Collections.Immutable;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Conversations;

/// <summary>
/// Connects what attempts say with whoever listens. With nobody listening there is no conversation to tell, and an attempt costs one look
/// at a field. Nothing said is kept.
/// </summary>
internal sealed class SwitchBoard
{
    private ImmutableArray<Listener> listeners = [];

    /// <summary>Begins to listen, until the listener is disposed of.</summary>
    /// <param name="submittedBy">Only messages of this local user; null for everybody's.</param>
    public Listener Listen(uint? submittedBy)
    {
        var listener = new Listener(this, submittedBy);
        ImmutableInterlocked.Update(ref listeners, static (all, added) => all.Add(added), listener);
        return listener;
    }

    public void Leave(Listener listener) => ImmutableInterlocked.Update(ref listeners, static (all, gone) => all.Remove(gone), listener);

    /// <summary>A connection is about to be made; null when nobody listens who may hear of this message.</summary>
    public IConversation? Open(QueuedMessage message, string peer) => IsHeard(message) ? new Conversation(this, message, peer) : null;

    /// <summary>Whether a line about this message would be heard.</summary>
    public bool IsHeard(QueuedMessage message)
    {
        foreach (var listener in listeners)
        {
            if (listener.MayHear(message)) return true;
        }
        return false;
    }

    /// <param name="line">May hold hostile text.</param>
    public void Tell(QueuedMessage message, string line)
    {
        foreach (var listener in listeners)
        {
            if (listener.MayHear(message)) listener.Hear(line);
        }
    }
}

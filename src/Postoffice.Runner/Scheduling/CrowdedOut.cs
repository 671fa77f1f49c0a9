using Postoffice.Store.Mail;

namespace Postoffice.Runner.Scheduling;

/// <summary>
/// Messages whose one destination had no place for them when they were last loaded. With a deep queue most looks find most messages so; asking
/// the destination first saves loading each of them again. Only a memory of what the journal says: forgetting costs a load.
/// </summary>
internal sealed class CrowdedOut(TimeProvider clock)
{
    private const int Most = 100_000;

    // Loaded again now and then all the same: another configuration may know another way.
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(10);

    private readonly Lock gate = new();
    private readonly Dictionary<QueueId, (DestinationSlots Slots, Destination Destination, long Since)> messages = [];

    public void Remember(QueueId id, DestinationSlots slots, Destination destination)
    {
        lock (gate)
        {
            if (messages.Count < Most) messages[id] = (slots, destination, clock.GetTimestamp());
        }
    }

    /// <summary>Whether the message is known to find no place now; one that is not, or no longer, is forgotten.</summary>
    public bool Contains(QueueId id)
    {
        lock (gate)
        {
            if (!messages.TryGetValue(id, out var last)) return false;
            if (clock.GetElapsedTime(last.Since) < Fresh && !last.Slots.HasRoom(last.Destination))
            {
                last.Slots.AskForRoom(last.Destination);
                return true;
            }
            messages.Remove(id);
            return false;
        }
    }
}

using System.Diagnostics.CodeAnalysis;
using Postoffice.Store.Mail;
using Postoffice.Store.Projections;

namespace Postoffice.Runner.Scheduling;

/// <summary>
/// Mail that found no place, by the destination it goes to. A domain of others is kept as one place to go on from, however much mail it has: that
/// stays in the store, unread. What cannot be found so is kept by name: mail for mailboxes, what an operator rerouted or wants tried now. Only a
/// memory: a full look at the queue finds the same, but for the operator's wish.
/// </summary>
internal sealed class Backlog
{
    private const int MostNamed = 100_000; // some 10 MB

    private readonly Lock gate = new();
    private readonly Dictionary<Destination, BacklogLane> lanes = [];
    private readonly Queue<Destination> open = new();
    private readonly HashSet<Destination> isOpen = [];
    private readonly HashSet<(QueueId, int)> named = [];
    private bool isOver;

    /// <summary>Whether mail for the destination waits already, so that what comes now stands behind it.</summary>
    public bool Contains(Destination destination)
    {
        lock (gate) return lanes.ContainsKey(destination);
    }

    /// <summary>Whether the message is kept by name for this recipient.</summary>
    public bool Contains(QueueId id, int recipient)
    {
        lock (gate) return named.Contains((id, recipient));
    }

    /// <summary>Mail of the domain found no place.</summary>
    /// <param name="again">Also what stands before the place where the domain is gone on with.</param>
    public void Add(Destination destination, string domain, bool again)
    {
        lock (gate) LaneOf(destination).Add(domain, again);
    }

    /// <summary>A message found no place.</summary>
    /// <returns>False when it is kept already, or no more are.</returns>
    public bool Add(Destination destination, NamedMessage message)
    {
        lock (gate)
        {
            if (isOver || named.Count >= MostNamed || !named.Add((message.Id, message.Recipient))) return false;
            LaneOf(destination).Add(message);
            return true;
        }
    }

    /// <summary>The destination has room.</summary>
    public void Open(Destination destination)
    {
        lock (gate)
        {
            if (isOpen.Add(destination)) open.Enqueue(destination);
        }
    }

    /// <summary>A destination with room.</summary>
    public bool TryTake([NotNullWhen(true)] out Destination? destination)
    {
        lock (gate) return open.TryDequeue(out destination) && isOpen.Remove(destination);
    }

    /// <summary>Whose turn it is.</summary>
    public bool TryNext(Destination destination, out Turn turn)
    {
        turn = default;
        lock (gate) return lanes.TryGetValue(destination, out var lane) && lane.TryNext(out turn);
    }

    /// <summary>The next of those kept by name.</summary>
    public bool TryNext(Destination destination, out NamedMessage message)
    {
        message = default;
        lock (gate)
        {
            if (!lanes.TryGetValue(destination, out var lane) || !lane.Named.TryDequeue(out message)) return false;
            named.Remove((message.Id, message.Recipient));
            return true;
        }
    }

    /// <summary>How far it was gone through; the next one has its turn.</summary>
    public void GoOn(Destination destination, Turn turn)
    {
        lock (gate) lanes[destination].GoOn(turn);
    }

    /// <summary>It was gone through to its end.</summary>
    public void Done(Destination destination, Turn turn)
    {
        lock (gate)
        {
            var lane = lanes[destination];
            lane.Done(turn);
            if (lane.IsEmpty) lanes.Remove(destination);
        }
    }

    /// <summary>Forgets what is wished to be tried now at a destination where that is in vain.</summary>
    /// <returns>A wish for each message forgotten.</returns>
    public IReadOnlyList<RunNow> Forgo(Destination destination)
    {
        lock (gate) return lanes.TryGetValue(destination, out var lane) ? Forgo(lane) : [];
    }

    /// <summary>Nothing is kept by name any more.</summary>
    /// <returns>A wish for each message forgotten.</returns>
    public IReadOnlyList<RunNow> Close()
    {
        lock (gate)
        {
            isOver = true;
            return [.. lanes.Values.SelectMany(Forgo)];
        }
    }

    private List<RunNow> Forgo(BacklogLane lane)
    {
        List<RunNow> wishes = [];
        for (var turns = lane.Named.Count; turns > 0; turns--)
        {
            var message = lane.Named.Dequeue();
            if (message.Wish is { } wish)
            {
                wishes.Add(wish);
                named.Remove((message.Id, message.Recipient));
            }
            else
            {
                lane.Named.Enqueue(message);
            }
        }
        return wishes;
    }

    private BacklogLane LaneOf(Destination destination)
    {
        if (!lanes.TryGetValue(destination, out var lane)) lanes[destination] = lane = new BacklogLane();
        return lane;
    }
}

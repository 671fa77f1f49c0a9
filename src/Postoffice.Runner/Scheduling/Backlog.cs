using System.Diagnostics.CodeAnalysis;
using Postoffice.Store.Projections;

namespace Postoffice.Runner.Scheduling;

/// <summary>
/// Domains of others with mail that is due and found no place, by the destination all their mail goes to. The mail itself stays in the store, however much
/// it is: what is known here is where to go on when the destination has room. Only a memory: a full look at the queue finds the same.
/// </summary>
internal sealed class Backlog
{
    private readonly Lock gate = new();
    private readonly Dictionary<Destination, Lane> lanes = [];
    private readonly Queue<Destination> open = new();
    private readonly HashSet<Destination> isOpen = [];

    /// <summary>Whether mail for the destination waits already, so that what comes now stands behind it.</summary>
    public bool Contains(Destination destination)
    {
        lock (gate) return lanes.ContainsKey(destination);
    }

    /// <summary>Mail of the domain found no place.</summary>
    /// <param name="again">Also what stands before the place where the domain is gone on with.</param>
    public void Add(Destination destination, string domain, bool again)
    {
        lock (gate)
        {
            if (!lanes.TryGetValue(destination, out var lane)) lanes[destination] = lane = new Lane();
            lane.Add(domain, again);
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

    /// <summary>The domain whose turn it is, and the last of its rows that found a place.</summary>
    public bool TryNext(Destination destination, [NotNullWhen(true)] out string? domain, out DueDelivery? after)
    {
        (domain, after) = (null, null);
        lock (gate) return lanes.TryGetValue(destination, out var lane) && lane.TryNext(out domain, out after);
    }

    /// <summary>How far the domain was gone through; the next domain has its turn.</summary>
    public void GoOn(Destination destination, string domain, DueDelivery? after)
    {
        lock (gate)
        {
            if (lanes.TryGetValue(destination, out var lane)) lane.GoOn(domain, after);
        }
    }

    /// <summary>The domain was gone through to its end.</summary>
    public void Done(Destination destination, string domain)
    {
        lock (gate)
        {
            if (lanes.TryGetValue(destination, out var lane) && lane.Remove(domain)) lanes.Remove(destination);
        }
    }

    private sealed class Lane
    {
        private readonly Queue<string> turns = new();
        private readonly Dictionary<string, DueDelivery?> domains = new(StringComparer.Ordinal);

        public void Add(string domain, bool again)
        {
            if (domains.TryAdd(domain, null)) turns.Enqueue(domain);
            else if (again) domains[domain] = null;
        }

        public bool TryNext([NotNullWhen(true)] out string? domain, out DueDelivery? after)
        {
            after = null;
            return turns.TryPeek(out domain) && domains.TryGetValue(domain, out after);
        }

        public void GoOn(string domain, DueDelivery? after)
        {
            turns.Enqueue(turns.Dequeue());
            domains[domain] = after;
        }

        /// <returns>Whether nothing is left.</returns>
        public bool Remove(string domain)
        {
            turns.Dequeue();
            domains.Remove(domain);
            return turns.Count == 0;
        }
    }
}

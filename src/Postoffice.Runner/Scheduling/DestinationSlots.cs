namespace Postoffice.Runner.Scheduling;

/// <summary>What became of a start that was asked for.</summary>
internal enum Admission
{
    Started,

    /// <summary>It starts when somebody leaves.</summary>
    Waiting,

    /// <summary>Too many wait already; it is not remembered here, the queue holds it.</summary>
    Overflow,
}

/// <summary>How much may go on at once through one transport.</summary>
/// <param name="Each">Attempts under way to one destination.</param>
/// <param name="Together">Attempts under way to all destinations.</param>
/// <param name="WaitingEach">Starts that wait for one destination.</param>
/// <param name="WaitingTogether">Starts that wait for all of them: what a pile of mail for dead hosts may cost in memory.</param>
internal sealed record SlotLimits(int Each, int Together, int WaitingEach, int WaitingTogether);

/// <summary>
/// The places of one transport. A dead destination fills its own places and its own queue, never those of the others; when places are short
/// altogether, destinations take turns. Starts are called outside the lock and must not block.
/// </summary>
/// <param name="current">The limits in force; a reload may change them.</param>
internal sealed class DestinationSlots(Func<SlotLimits> current)
{
    private readonly Lock gate = new();
    private readonly Dictionary<Destination, Places> destinations = [];
    private readonly Queue<Places> ready = new(); // each has a free place and somebody waiting
    private int running;
    private int waiting;
    private bool overflowed;

    /// <summary>True when something overflowed since it was last asked and half of the places to wait in are free again.</summary>
    public bool TakeRoomAfterOverflow()
    {
        var limits = current();
        lock (gate)
        {
            if (!overflowed || waiting > limits.WaitingTogether / 2) return false;
            if (destinations.Values.Any(places => places.Overflowed && places.Starts.Count > limits.WaitingEach / 2)) return false;
            foreach (var (destination, places) in destinations.ToList())
            {
                places.Overflowed = false;
                if (places.IsEmpty) destinations.Remove(destination);
            }
            overflowed = false;
            return true;
        }
    }

    /// <summary>Whether something overflowed and <see cref="TakeRoomAfterOverflow"/> has not said so yet.</summary>
    public bool HasOverflow
    {
        get
        {
            lock (gate) return overflowed;
        }
    }

    /// <summary>Whether <see cref="Enter"/> would overflow, and counts as if it had.</summary>
    public bool TurnsAway(Destination destination)
    {
        var limits = current();
        lock (gate)
        {
            if (!destinations.TryGetValue(destination, out var places) || !IsFull(places, limits)) return false;
            overflowed = places.Overflowed = true;
            return true;
        }
    }

    public Admission Enter(Destination destination, Action start)
    {
        var limits = current();
        lock (gate)
        {
            if (!destinations.TryGetValue(destination, out var places)) destinations[destination] = places = new Places();
            if (places.Running >= limits.Each || running >= limits.Together)
            {
                if (IsFull(places, limits))
                {
                    overflowed = places.Overflowed = true;
                    return Admission.Overflow;
                }
                places.Starts.Enqueue(start);
                waiting++;
                MakeReady(places, limits);
                return Admission.Waiting;
            }
            places.Running++;
            running++;
        }
        start();
        return Admission.Started;
    }

    /// <summary>Gives a place back; whoever waits longest for one starts.</summary>
    public void Leave(Destination destination)
    {
        var limits = current();
        List<Action> starts = [];
        lock (gate)
        {
            var places = destinations[destination];
            places.Running--;
            running--;
            MakeReady(places, limits);
            if (places.IsEmpty) destinations.Remove(destination);
            while (running < limits.Together && ready.TryDequeue(out var next))
            {
                next.IsReady = false;
                if (next.Running >= limits.Each || !next.Starts.TryDequeue(out var start)) continue;
                next.Running++;
                running++;
                waiting--;
                starts.Add(start);
                MakeReady(next, limits);
            }
        }
        foreach (var start in starts) start();
    }

    private bool IsFull(Places places, SlotLimits limits) =>
        (places.Running >= limits.Each || running >= limits.Together)
        && (places.Starts.Count >= limits.WaitingEach || waiting >= limits.WaitingTogether);

    private void MakeReady(Places places, SlotLimits limits)
    {
        if (places.IsReady || places.Starts.Count == 0 || places.Running >= limits.Each) return;
        places.IsReady = true;
        ready.Enqueue(places);
    }

    private sealed class Places
    {
        public Queue<Action> Starts { get; } = new();
        public int Running { get; set; }
        public bool IsReady { get; set; }
        public bool Overflowed { get; set; }
        public bool IsEmpty => Running == 0 && Starts.Count == 0 && !Overflowed;
    }
}

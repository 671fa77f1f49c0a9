namespace Postoffice.Runner.Scheduling;

/// <summary>
/// The places of one transport. How many a destination may hold grows with its successes and halves with its troubles. A dead or slow one fills
/// its own places and its own queue, never those of the others, and none holds more than it leaves free: however many are sick, there is a place
/// for the next one. Starts and callbacks are called outside the lock and must not block.
/// </summary>
/// <param name="current">The limits in force; a reload may change them.</param>
/// <param name="spacing">The least time between two starts for a destination; zero for none.</param>
internal sealed class DestinationSlots(Func<SlotLimits> current, Func<Destination, TimeSpan> spacing, TimeProvider clock)
{
    private const int AskedAtOnce = 4;
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(30);

    private readonly Lock gate = new();
    private readonly Dictionary<Destination, Places> destinations = [];
    private readonly Queue<Places> ready = new(); // each has somebody waiting, and a free place by its own limit
    private readonly Queue<Places> asked = new(); // somebody wants to know when there is room
    private int running;
    private int waiting;
    private int expected;

    /// <summary>Told once for each <see cref="AskForRoom"/>, when there is some.</summary>
    public Action<Destination>? RoomFor { get; set; }

    /// <summary>Whether there is room for one more; then it is expected until <see cref="Arrived"/>, and the room is not given to another.</summary>
    public bool TryExpect(Destination destination)
    {
        var limits = current();
        lock (gate)
        {
            var places = PlacesOf(destination, limits);
            if (Room(places, limits) == 0) return false;
            places.Expected++;
            expected++;
            return true;
        }
    }

    /// <summary>What was expected has entered, or never will.</summary>
    public void Arrived(Destination destination)
    {
        lock (gate)
        {
            destinations[destination].Expected--;
            expected--;
        }
        GoOn(destination);
    }

    /// <summary>Whether there is room for one more.</summary>
    public bool HasRoom(Destination destination)
    {
        var limits = current();
        lock (gate) return Room(PlacesOf(destination, limits), limits) > 0;
    }

    /// <summary>Asks to be told when half of the places to wait in are free.</summary>
    public void AskForRoom(Destination destination)
    {
        var limits = current();
        lock (gate)
        {
            var places = PlacesOf(destination, limits);
            if (places.IsAsked) return;
            if (!HasRoom(places, limits))
            {
                places.IsAsked = true;
                asked.Enqueue(places);
                return;
            }
        }
        RoomFor?.Invoke(destination);
    }

    /// <param name="turnAway">Called instead of <paramref name="start"/> when the destination is paused while this one waits.</param>
    public Admission Enter(Destination destination, Action start, Action turnAway)
    {
        var limits = current();
        lock (gate)
        {
            var places = PlacesOf(destination, limits);
            if (!MayRun(places, limits) || places.Starts.Count > 0)
            {
                if (!MayWait(places, limits)) return Admission.Overflow;
                places.Starts.Enqueue((start, turnAway));
                waiting++;
                MakeReady(places, limits);
                return Admission.Waiting;
            }
            Begin(places);
        }
        start();
        return Admission.Started;
    }

    /// <summary>Gives a place back; whoever waits longest for one starts.</summary>
    public void Leave(Destination destination, Experience experience)
    {
        lock (gate)
        {
            var places = destinations[destination];
            places.Running--;
            running--;
            places.LastUsed = clock.GetTimestamp();
            places.Limit = experience switch
            {
                Experience.Good => Math.Min(places.Limit + 1, current().Each),
                Experience.Trouble => Math.Max(places.Limit / 2, 1),
                _ => places.Limit,
            };
        }
        GoOn(destination);
    }

    /// <summary>
    /// Nothing starts for it until the time is over or <see cref="Resume"/> comes first; what is under way goes on, and what waits is turned away.
    /// </summary>
    public void Pause(Destination destination, TimeSpan time)
    {
        List<Action> turnedAway;
        lock (gate)
        {
            var places = PlacesOf(destination, current());
            turnedAway = TakeWaiting(places);
            places.Paused?.Dispose();
            places.Paused = clock.CreateTimer(_ => Resume(destination), null, time, Timeout.InfiniteTimeSpan);
        }
        foreach (var turnAway in turnedAway) turnAway();
    }

    public void Resume(Destination destination)
    {
        lock (gate)
        {
            if (!destinations.TryGetValue(destination, out var places) || places.Paused is null) return;
            places.Paused.Dispose();
            places.Paused = null;
        }
        GoOn(destination);
    }

    /// <summary>Turns away whatever waits: the store keeps it.</summary>
    public void TurnAllAway()
    {
        List<Action> turnedAway;
        lock (gate) turnedAway = [.. destinations.Values.SelectMany(TakeWaiting)];
        foreach (var turnAway in turnedAway) turnAway();
    }

    /// <summary>Forgets what was learnt of destinations that had no mail for ten minutes.</summary>
    public void Tidy()
    {
        lock (gate)
        {
            foreach (var (destination, places) in destinations)
            {
                if (places.IsIdle && WaitOf(places) <= TimeSpan.Zero && clock.GetElapsedTime(places.LastUsed) >= Memory) destinations.Remove(destination);
            }
        }
    }

    /// <summary>What goes on for each destination.</summary>
    public IReadOnlyList<DestinationLoad> Loads()
    {
        var limits = current();
        lock (gate)
        {
            return [.. destinations.Values.Select(places => new DestinationLoad(
                places.Destination, places.Running, places.Starts.Count, Math.Min(places.Limit, limits.Each), places.Paused is not null))];
        }
    }

    private void GoOn(Destination destination)
    {
        var limits = current();
        List<Action> starts = [];
        List<Destination> rooms = [];
        lock (gate)
        {
            if (destinations.TryGetValue(destination, out var places)) MakeReady(places, limits);
            for (var turns = ready.Count; turns > 0 && running < limits.Together; turns--)
            {
                var next = ready.Dequeue();
                next.IsReady = false;
                if (MayRun(next, limits) && next.Starts.TryDequeue(out var first))
                {
                    Begin(next);
                    waiting--;
                    starts.Add(first.Start);
                    MakeReady(next, limits);
                    if (next.IsReady) turns++; // a success gives a place back and makes one more
                }
                else
                {
                    MakeReady(next, limits);
                }
            }
            if (places is { IsAsked: true } && HasRoom(places, limits)) Answer(places);
            for (var turns = Math.Min(asked.Count, AskedAtOnce); turns > 0; turns--)
            {
                var next = asked.Dequeue();
                if (!next.IsAsked) continue;
                if (HasRoom(next, limits)) Answer(next);
                else asked.Enqueue(next);
            }
        }
        foreach (var start in starts) start();
        foreach (var room in rooms) RoomFor?.Invoke(room);

        void Answer(Places places)
        {
            places.IsAsked = false;
            rooms.Add(places.Destination);
        }
    }

    private void Begin(Places places)
    {
        places.Running++;
        running++;
        places.LastStart = clock.GetTimestamp();
    }

    /// <summary>Until the next start may be.</summary>
    private TimeSpan WaitOf(Places places) =>
        places.LastStart is { } last ? spacing(places.Destination) - clock.GetElapsedTime(last) : TimeSpan.Zero;

    private List<Action> TakeWaiting(Places places)
    {
        List<Action> turnedAway = [.. places.Starts.Select(start => start.TurnAway)];
        waiting -= places.Starts.Count;
        places.Starts.Clear();
        return turnedAway;
    }

    private Places PlacesOf(Destination destination, SlotLimits limits)
    {
        if (!destinations.TryGetValue(destination, out var places)) destinations[destination] = places = new Places(destination, limits.First);
        places.LastUsed = clock.GetTimestamp();
        return places;
    }

    private bool HasRoom(Places places, SlotLimits limits) => places.Starts.Count <= limits.WaitingEach / 2 && Room(places, limits) > 0;

    private int Room(Places places, SlotLimits limits)
    {
        if (places.Paused is not null) return 0;
        var waits = Math.Min(limits.WaitingEach, limits.WaitingTogether - waiting - expected) - places.Starts.Count;
        var runs = Math.Max(Most(places, limits) - places.Running, places.Running == 0 ? 1 : 0);
        return Math.Max(Math.Max(waits, 0) + Math.Max(runs, 0) - places.Expected, 0);
    }

    private bool MayRun(Places places, SlotLimits limits) =>
        places.Paused is null && WaitOf(places) <= TimeSpan.Zero && running < limits.Together && (places.Running == 0 || places.Running < Most(places, limits));

    private int Most(Places places, SlotLimits limits) => Math.Min(Math.Min(places.Limit, limits.Each), limits.Together - running);

    private bool MayWait(Places places, SlotLimits limits) =>
        places.Paused is null && places.Starts.Count < Math.Min(limits.WaitingEach, limits.WaitingTogether - waiting);

    private void MakeReady(Places places, SlotLimits limits)
    {
        if (places.IsReady || places.Starts.Count == 0 || places.Paused is not null) return;
        if (places.Running >= Math.Min(places.Limit, limits.Each)) return;
        if (WaitOf(places) is { Ticks: > 0 } wait)
        {
            var look = wait < LongestLook ? wait : LongestLook; // a reload may have made it shorter
            places.Spacing ??= clock.CreateTimer(_ => EndSpacing(places), null, look, Timeout.InfiniteTimeSpan);
            return;
        }
        places.IsReady = true;
        ready.Enqueue(places);
    }

    private void EndSpacing(Places places)
    {
        lock (gate)
        {
            places.Spacing?.Dispose();
            places.Spacing = null;
        }
        GoOn(places.Destination);
    }

    private sealed class Places(Destination destination, int first)
    {
        public Destination Destination { get; } = destination;
        public Queue<(Action Start, Action TurnAway)> Starts { get; } = new();
        public int Running { get; set; }
        public int Expected { get; set; } // on their way to the door
        public int Limit { get; set; } = first;
        public bool IsReady { get; set; }
        public bool IsAsked { get; set; }
        public ITimer? Paused { get; set; }
        public long? LastStart { get; set; }
        public ITimer? Spacing { get; set; } // while somebody waits for the next start
        public long LastUsed { get; set; }
        public bool IsIdle => Running == 0 && Starts.Count == 0 && Expected == 0 && !IsAsked && !IsReady && Paused is null && Spacing is null;
    }
}

namespace Postoffice.Runner.Scheduling;

/// <summary>The place of a message in flight, with the wishes that hope for its work. All under the lock of the schedule.</summary>
/// <param name="since">What was due by then is worked on.</param>
/// <param name="isRecovery">Attempts without an outcome are settled: nothing begins beside that, or it would be taken for one of them.</param>
internal sealed class FlightPlace(MessageInFlight flight, DateTimeOffset since, bool isRecovery = false)
{
    private readonly List<RunNow> wishes = []; // each once; their end waits for this work
    private readonly Queue<RunNow> later = new(); // what is to be done for, when this work has ended
    private DateTimeOffset since = since;
    private bool isDueAgain;

    public MessageInFlight Flight { get; } = flight;

    /// <summary>Whether a recipient due at that instant may wait although the message is worked on.</summary>
    public bool IsWorthALook(DateTimeOffset dueAt) => isRecovery || dueAt > since || Flight.HasLeftBehind;

    /// <summary>More of the message is to be put to work.</summary>
    /// <returns>True when that can begin now, and the flight was entered for it; else it will when this work has ended.</returns>
    public bool TryJoin(RunNow? wish, DateTimeOffset now)
    {
        if (wish is not null) Follow(wish);
        // What an attempt under way leaves waiting is tried for a named wish: it may have gone by another route.
        if (!isRecovery && wish?.Named is null && Flight.TryEnter())
        {
            since = now;
            return true;
        }
        if (wish is null) isDueAgain = true;
        else if (!later.Contains(wish)) later.Enqueue(wish);
        return false;
    }

    public void Follow(RunNow wish)
    {
        if (wishes.Contains(wish)) return;
        wishes.Add(wish);
        wish.Follow();
    }

    /// <summary>This work has ended.</summary>
    public void Unfollow()
    {
        foreach (var wish in wishes) wish.Unfollow();
    }

    /// <summary>The place for what came meanwhile; null when there is nothing.</summary>
    /// <param name="wish">Whose turn it is; null for the schedule's.</param>
    public FlightPlace? Next(DateTimeOffset now, out RunNow? wish)
    {
        if (!later.TryDequeue(out wish) && !isDueAgain) return null;
        var next = new FlightPlace(new MessageInFlight(Flight.Id), now);
        if (wish is not null) next.Follow(wish);
        foreach (var other in later)
        {
            next.Follow(other);
            next.later.Enqueue(other);
        }
        return next;
    }
}

using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Projections;
using Postoffice.Store.Queries;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Scheduling;

/// <summary>
/// Looks what is due and puts it to work, as long as the lease is ours. Woken by the doorbell, the next due instant, a free place, or a
/// second's passing, whichever is first. What is in flight is known here alone: memory is bounded however long the queue is.
/// </summary>
internal sealed class Dispatcher
{
    /// <summary>Wishes for whatever fits that may wait for their turn: any local user may have one.</summary>
    public const int MostRequests = 16;

    private const int PageSize = 200;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    // A full look finds what a look from the last row on cannot: mail released from hold, what an attempt left without a word, attempts without
    // an outcome.
    private static readonly TimeSpan FullLook = TimeSpan.FromSeconds(30);

    private readonly DueQueue due;
    private readonly MessageWork work;
    private readonly InForce<Workings> workings;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly Wakeup wakeup = new();
    private readonly Lock gate = new();
    private readonly Dictionary<QueueId, FlightPlace> inFlight = [];
    private readonly Queue<RunNow> requests = new(); // for whatever fits: each goes through the whole queue
    private readonly Queue<RunNow> named = new(); // these go before them
    private readonly DueLooks looks;
    private readonly Rest fullLookRest;
    private volatile bool hasRecovered;
    private volatile bool isFull;
    private bool isOver;
    private TaskCompletionSource? drained; // completed when nothing is in flight; null while nobody waits for that

    public Dispatcher(DueQueue due, MessageWork work, InForce<Workings> workings, TimeProvider clock, ILogger log)
    {
        (this.due, this.work, this.workings, this.clock, this.log) = (due, work, workings, clock, log);
        fullLookRest = new Rest(clock, FullLook);
        looks = new DueLooks(due, work, TryPut, MeetInFlight);
        work.Finished = Remove;
        work.Crowded = looks.Crowd;
        work.Forgone = looks.Forgo;
        work.RoomFor = destination =>
        {
            looks.Open(destination);
            wakeup.Ring();
        };
    }

    /// <summary>Messages worked on or waiting for a place.</summary>
    public int InFlight
    {
        get
        {
            lock (gate) return inFlight.Count;
        }
    }

    /// <summary>Every attempt that an earlier runner left without an outcome has been taken up once.</summary>
    public bool HasRecovered => hasRecovered;

    /// <summary>The destinations of what is queued, with what goes on for them.</summary>
    public IReadOnlyList<DestinationEntry> Health(IReadOnlyList<QueuedDomain> queued) =>
        DestinationHealth.Of(queued, workings.Current.Router, work.Loads());

    /// <summary>Something may be due.</summary>
    public void Ring() => wakeup.Ring();

    /// <summary>Tries everything that waits and fits <paramref name="fits"/> now, whatever its next instant is.</summary>
    /// <returns>Recipients whose attempts began for this or wait for a place, see <see cref="RunNow.Done"/>.</returns>
    public Task<int> RunNowAsync(Func<QueuedMessage, QueuedRecipient, bool> fits, CancellationToken ct) => RunNow(fits).Done.WaitAsync(ct);

    /// <summary>The same, to be followed to its end. A wish that still waits its turn serves for the same wish of somebody else.</summary>
    /// <returns>Already cancelled when <see cref="MostRequests"/> wait for their turn, or nothing begins any more.</returns>
    public RunNow RunNow(Func<QueuedMessage, QueuedRecipient, bool> fits)
    {
        RunNow? request;
        lock (gate)
        {
            request = requests.FirstOrDefault(earlier => earlier.Covers(fits));
            if (request is null)
            {
                request = new RunNow(fits, clock.GetUtcNow());
                if (isOver || requests.Count >= MostRequests) request.Cancel();
                else requests.Enqueue(request);
            }
        }
        wakeup.Ring();
        return request;
    }

    /// <summary>Tries whatever waits of these messages now, without a look at the rest of the queue.</summary>
    public RunNow RunNow(IEnumerable<QueueId> messages)
    {
        var request = new RunNow((_, _) => true, clock.GetUtcNow(), messages);
        lock (gate)
        {
            if (isOver) request.Cancel();
            else named.Enqueue(request);
        }
        wakeup.Ring();
        return request;
    }

    /// <summary>Runs until <paramref name="stop"/>; what is in flight goes on, see <see cref="DrainAsync"/>.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true) await wakeup.WaitAsync(LookAgain(), clock, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            lock (gate)
            {
                isOver = true;
                while (named.TryDequeue(out var request) || requests.TryDequeue(out request)) request.Cancel();
            }
            looks.Close();
            work.TurnAllAway();
        }
    }

    /// <summary>Waits until nothing is in flight: for as long as that takes, so the caller has a limit.</summary>
    public Task DrainAsync()
    {
        lock (gate)
        {
            if (inFlight.Count == 0) return Task.CompletedTask;
            drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return drained.Task;
        }
    }

    /// <summary>Puts to work what is due.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The schedule must outlive any surprise; each is logged.")]
    /// <returns>How long to wait before the next look, unless somebody rings.</returns>
    private TimeSpan LookAgain()
    {
        try
        {
            var now = clock.GetUtcNow();
            if (fullLookRest.IsOver || now < looks.Last?.DueAt) // or the wall clock went back
            {
                fullLookRest.Begin();
                work.Tidy();
                // Once also what is held, since a mailbox tells less the longer one waits; but what cannot be settled was held for it.
                hasRecovered |= due.Started(alsoHeld: !hasRecovered).All(TryRecover);
                if (!looks.AtAll(now)) fullLookRest.End();
            }
            isFull = !looks.AtBacklog(now) || !looks.AtNew(now) || !AnswerRequests(); // what is due stands behind nobody's wishes
            if (isFull) return Poll;
            return due.NextDueAt() - now is { Ticks: > 0 } wait && wait < Poll ? wait : Poll;
        }
        catch (StoreUnavailableException trouble)
        {
            RunnerLog.StoreWaits(log, trouble.Message);
            return Poll;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            RunnerLog.ScheduleSurprised(log, fault); // whatever it is, tomorrow's mail must not wait for it
            return Poll;
        }
    }

    /// <returns>False when there was no more room.</returns>
    private bool AnswerRequests()
    {
        while (true)
        {
            RunNow? request;
            lock (gate)
            {
                if (!named.TryPeek(out request) && !requests.TryPeek(out request)) return true;
                if (request is { Cursor: null, Named: null })
                {
                    foreach (var place in inFlight.Values) place.Follow(request); // a recipient whose attempt has started is not among what is due
                }
            }
            if (!(request.Named is { } messages ? LookFor(messages, request) : LookFor(request))) return false;
            lock (gate) (request.Named is null ? requests : named).Dequeue();
            request.Leave();
            request.Unfollow();
        }
    }

    /// <returns>False when there was no more room; those that are left keep their turn.</returns>
    private bool LookFor(Queue<QueueId> messages, RunNow wish)
    {
        while (messages.TryPeek(out var id))
        {
            if (!TryPut(id, wish, null)) return false;
            messages.Dequeue();
        }
        return true;
    }

    /// <summary>Goes through the whole queue for a wish, whatever is due, page by page.</summary>
    /// <returns>False when there was no more room.</returns>
    private bool LookFor(RunNow wish)
    {
        for (var after = DueLooks.Behind(wish.Cursor); ;)
        {
            var page = due.Due(DateTimeOffset.MaxValue, after, PageSize);
            foreach (var row in page)
            {
                if (!TryPut(row.Message, wish, null)) return false;
                after = wish.Cursor = row;
            }
            if (page.Count < PageSize) return true;
        }
    }

    /// <summary>Puts a message to work, also beside the work that is under way for other recipients of it.</summary>
    /// <returns>False when there is no room.</returns>
    private bool TryPut(QueueId id, RunNow? wish, Destination? expecting)
    {
        MessageInFlight? flight;
        bool isPut;
        lock (gate) isPut = TryPlace(id, wish, out flight);
        if (flight is not null)
        {
            wish?.Enter();
            _ = work.DeliverAsync(flight, wish, expecting); // it tells of its end through Finished, whatever happens
        }
        else if (expecting is not null)
        {
            work.Arrived(expecting);
        }
        return isPut;
    }

    /// <param name="flight">To begin with; null where that must wait for what is under way, or for room.</param>
    private bool TryPlace(QueueId id, RunNow? wish, out MessageInFlight? flight)
    {
        var now = clock.GetUtcNow();
        if (inFlight.TryGetValue(id, out var place))
        {
            flight = place.TryJoin(wish, now) ? place.Flight : null;
            return true;
        }
        flight = null;
        if (inFlight.Count >= workings.Current.Options.MessagesInFlight) return false;
        inFlight.Add(id, place = new FlightPlace(new MessageInFlight(id), now));
        if (wish is not null) place.Follow(wish);
        flight = place.Flight;
        return true;
    }

    /// <returns>False when there is no room.</returns>
    private bool TryRecover(QueueId id)
    {
        FlightPlace place;
        lock (gate)
        {
            if (inFlight.ContainsKey(id)) return true; // so the attempt is ours
            if (inFlight.Count >= workings.Current.Options.MessagesInFlight) return false;
            inFlight.Add(id, place = new FlightPlace(new MessageInFlight(id), clock.GetUtcNow(), isRecovery: true));
        }
        _ = work.RecoverAsync(place.Flight);
        return true;
    }

    /// <returns>Whether all that is due of it is worked on, or will be.</returns>
    private bool MeetInFlight(DueDelivery row)
    {
        lock (gate) return inFlight.TryGetValue(row.Message, out var place) && !place.IsWorthALook(row.DueAt);
    }

    private void Remove(QueueId id)
    {
        bool ring;
        FlightPlace? place, again = null;
        RunNow? wish = null;
        lock (gate)
        {
            inFlight.Remove(id, out place);
            if (!isOver && (again = place!.Next(clock.GetUtcNow(), out wish)) is not null) inFlight.Add(id, again);
            if (inFlight.Count == 0) Drained();
            ring = inFlight.Count == 0 || (isFull && inFlight.Count <= workings.Current.Options.MessagesInFlight * 3 / 4);
        }
        place!.Unfollow();
        if (again is not null)
        {
            wish?.Enter();
            _ = work.DeliverAsync(again.Flight, wish, expecting: null);
        }
        if (ring) wakeup.Ring();
    }

    private void Drained()
    {
        drained?.SetResult();
        drained = null;
    }
}

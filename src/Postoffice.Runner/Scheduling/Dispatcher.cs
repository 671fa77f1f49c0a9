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
    private readonly Dictionary<QueueId, Place> inFlight = [];
    private readonly Queue<RunNow> requests = new();
    private readonly DueLooks looks;
    private DateTimeOffset nextFullLook = DateTimeOffset.MinValue;
    private volatile bool hasRecovered;
    private volatile bool isFull;
    private bool isOver;
    private TaskCompletionSource? drained; // completed when nothing is in flight; null while nobody waits for that

    public Dispatcher(DueQueue due, MessageWork work, InForce<Workings> workings, TimeProvider clock, ILogger log)
    {
        (this.due, this.work, this.workings, this.clock, this.log) = (due, work, workings, clock, log);
        looks = new DueLooks(due, work, TryPut, MeetInFlight, clock);
        work.Finished = Remove;
        work.Crowded = looks.Crowd;
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
    public RunNow RunNow(Func<QueuedMessage, QueuedRecipient, bool> fits)
    {
        RunNow? request;
        lock (gate)
        {
            request = requests.FirstOrDefault(earlier => earlier.Covers(fits));
            if (request is null) requests.Enqueue(request = new RunNow(fits, clock.GetUtcNow()));
            if (isOver) requests.Dequeue().Cancel();
        }
        wakeup.Ring();
        return request;
    }

    /// <summary>Tries whatever waits of these messages now, without a look at the rest of the queue.</summary>
    public RunNow RunNow(IEnumerable<QueueId> named)
    {
        var request = new RunNow((_, _) => true, clock.GetUtcNow(), named);
        lock (gate)
        {
            if (isOver) request.Cancel();
            else requests.Enqueue(request);
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
                while (requests.TryDequeue(out var request)) request.Cancel();
            }
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
            if (now >= nextFullLook || now < looks.Last?.DueAt) // or the wall clock went back
            {
                nextFullLook = now + FullLook;
                work.Tidy();
                // Once also what is held, since a mailbox tells less the longer one waits; but what cannot be settled was held for it.
                hasRecovered |= due.Started(alsoHeld: !hasRecovered).All(id => TryAdd(id, null, () => work.RecoverAsync(id)));
                if (!looks.AtAll(now)) nextFullLook = now;
            }
            isFull = !AnswerRequests(now) || !looks.AtBacklog(now) || !looks.AtNew(now);
            if (isFull) return Poll;
            return new[] { due.NextDueAt(), looks.NextOwn }.Where(next => next > now).Min() - now is { } wait && wait < Poll ? wait : Poll;
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
    private bool AnswerRequests(DateTimeOffset now)
    {
        while (true)
        {
            RunNow? request;
            lock (gate)
            {
                if (!requests.TryPeek(out request)) return true;
                if (request is { Cursor: null, Named: null })
                {
                    foreach (var place in inFlight.Values) place.Meet(request); // a recipient whose attempt has started is not among what is due
                }
            }
            if (!(request.Named is { } named ? LookFor(named, request) : LookFor(request))) return false;
            lock (gate) requests.Dequeue();
            request.Leave();
            request.Unfollow();
        }
    }

    /// <returns>False when there was no more room; those that are left keep their turn.</returns>
    private bool LookFor(Queue<QueueId> named, RunNow wish)
    {
        while (named.TryPeek(out var id))
        {
            if (!TryAdd(id, wish, () => DeliverAsync(id, wish))) return false;
            named.Dequeue();
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
                if (!TryAdd(row.Message, wish, () => DeliverAsync(row.Message, wish))) return false;
                after = wish.Cursor = row;
            }
            if (page.Count < PageSize) return true;
        }
    }

    private bool TryPut(QueueId id, Destination? expecting)
    {
        if (TryAdd(id, null, () => work.DeliverAsync(id, null, expecting))) return true;
        if (expecting is not null) work.Arrived(expecting);
        return false;
    }

    /// <returns>Whether it is in flight; if it became due since it took off, it is put to work once more when it has landed.</returns>
    private bool MeetInFlight(DueDelivery row)
    {
        lock (gate)
        {
            if (!inFlight.TryGetValue(row.Message, out var place)) return false;
            place.IsDueAgain |= row.DueAt > place.Since;
            return true;
        }
    }

    private Task DeliverAsync(QueueId id, RunNow wish)
    {
        wish.Enter();
        return work.DeliverAsync(id, wish, expecting: null);
    }

    /// <returns>False when there is no room; true also for one that is in flight already.</returns>
    private bool TryAdd(QueueId id, RunNow? wish, Func<Task> begin)
    {
        lock (gate)
        {
            if (inFlight.TryGetValue(id, out var place))
            {
                if (wish is not null) place.Meet(wish);
                return true;
            }
            if (inFlight.Count >= workings.Current.Options.MessagesInFlight) return false;
            inFlight.Add(id, new Place(wish, clock.GetUtcNow()));
            wish?.Follow();
        }
        _ = begin(); // it tells of its end through Finished, whatever happens
        return true;
    }

    private void Remove(QueueId id)
    {
        bool ring, isDueAgain = false;
        RunNow? ended, next = null;
        lock (gate)
        {
            inFlight.Remove(id, out var place);
            ended = place!.For;
            if (place.TryGoOn(clock.GetUtcNow(), out var again))
            {
                inFlight.Add(id, again);
                next = again.For;
            }
            else if (place.IsDueAgain && !isOver)
            {
                inFlight.Add(id, new Place(null, clock.GetUtcNow()));
                isDueAgain = true;
            }
            if (inFlight.Count == 0) Drained();
            ring = inFlight.Count == 0 || (isFull && inFlight.Count <= workings.Current.Options.MessagesInFlight * 3 / 4);
        }
        ended?.Unfollow();
        if (next is not null) _ = DeliverAsync(id, next);
        if (isDueAgain) _ = work.DeliverAsync(id, null, expecting: null);
        if (ring) wakeup.Ring();
    }

    private void Drained()
    {
        drained?.SetResult();
        drained = null;
    }

    /// <summary>A message in flight.</summary>
    /// <param name="wish">Whose work it is; null for the schedule's.</param>
    /// <param name="since">What was due by then is worked on.</param>
    private sealed class Place(RunNow? wish, DateTimeOffset since, Queue<RunNow>? met = null)
    {
        private Queue<RunNow>? met = met; // wishes that came meanwhile, for recipients that nobody works on

        public RunNow? For { get; } = wish;
        public DateTimeOffset Since { get; } = since;

        /// <summary>Something of it became due since.</summary>
        public bool IsDueAgain { get; set; }

        public void Meet(RunNow other)
        {
            if (other == For || met?.Contains(other) == true) return;
            (met ??= new Queue<RunNow>()).Enqueue(other);
            other.Follow();
        }

        /// <summary>Keeps the place for the next wish.</summary>
        public bool TryGoOn(DateTimeOffset now, [NotNullWhen(true)] out Place? next)
        {
            next = met is not null && met.TryDequeue(out var first) ? new Place(first, now, met) : null;
            return next is not null;
        }
    }
}

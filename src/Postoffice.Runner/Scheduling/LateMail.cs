using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Projections;

namespace Postoffice.Runner.Scheduling;

/// <summary>
/// What age asks for where no attempt ends that would see to it, since the destination has no place or is not dialled: the warning of a delay, and
/// the end after <c>qreturn=</c>. In the order mail came, a page at a time, so that it costs what is old and not what waits. And mail whose instant
/// no schedule can have meant.
/// </summary>
internal sealed class LateMail(DueQueue due, OutcomeRecorder recorder, InForce<Workings> workings, TimeProvider clock, SteadyClock age, ILogger log)
{
    private const int PageSize = 100;
    private const int AtOnce = 16; // appends that share a commit
    private const int MostEarly = 10_000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Round = TimeSpan.FromHours(2);
    private static readonly TimeSpan LongestGrace = TimeSpan.FromMinutes(10);

    private readonly DateTimeOffset startedAt = age.GetUtcNow();
    private readonly Queue<QueueId> early = new(); // passed by, but accepted later than their ids say
    private readonly Rest rest = new(clock, Pause);
    private readonly Rest round = new(clock, Round);
    private DueDelivery? astray; // whoever waits too long and stands up to here had his turn; null from the start
    private QueueId expired; // whoever is old and stands up to here had his turn in this round
    private QueueId seen; // whoever is warned of delays up to here has been; only a memory of what the journal says

    /// <summary>One page of each, when it is time.</summary>
    /// <returns>Whether there is more to do at once.</returns>
    /// <exception cref="StoreUnavailableException">Tried again with the next step.</exception>
    /// <exception cref="LeaseLostException">Nothing more is to be done.</exception>
    public async Task<bool> StepAsync(CancellationToken ct)
    {
        var now = age.GetUtcNow(); // also while resting: it learns by being asked
        if (!rest.IsOver) return false;
        var more = await ExpireAsync(now, ct) | await WarnAsync(now, ct) | await ShortenAsync(ct);
        if (!more) rest.Begin();
        return more;
    }

    /// <summary>
    /// The last attempt is made when the lifetime ends, and after a long stop of ours as well (C-QUEUE-22): only who got none for a while, though
    /// we were here, is given up without one.
    /// </summary>
    private async Task<bool> ExpireAsync(DateTimeOffset now, CancellationToken ct)
    {
        var lifetime = workings.Current.Options.Lifetime;
        var grace = lifetime / 10 < LongestGrace ? lifetime / 10 : LongestGrace;
        if (now < startedAt + grace) return false;
        var old = due.Waiting(expired, Old(now - lifetime), DateTimeOffset.MaxValue, PageSize);
        await ForEachAsync(old, flight => recorder.ExpireAsync(flight, now - grace, ct), ct);
        expired = old.Count == PageSize ? old[^1] : new QueueId(0); // one that cannot be ended keeps nobody behind it
        return old.Count == PageSize;
    }

    private async Task<bool> WarnAsync(DateTimeOffset now, CancellationToken ct)
    {
        var wait = workings.Current.Options.DelayWarning;
        if (wait <= TimeSpan.Zero) return false;
        if (round.IsOver) // for who was held or under way when it was his turn
        {
            seen = new QueueId(0);
            round.Begin();
        }
        var late = due.Waiting(seen, Old(now - wait), DateTimeOffset.MaxValue, PageSize);
        List<QueueId> page = [.. late];
        for (var waiting = Math.Min(early.Count, PageSize); waiting > 0; waiting--) page.Add(early.Dequeue());
        await ForEachAsync(page, WarnAsync, ct);
        if (late.Count > 0) seen = late[^1];
        return late.Count == PageSize;

        async Task WarnAsync(MessageInFlight flight)
        {
            if (await recorder.LoadAsync(flight, ct) is not { } message) return;
            if (now >= message.AcceptedAt + wait) await recorder.TellAsync(flight, ct);
            else Remember(flight.Id);
        }
    }

    /// <summary>An attempt while the clock was a year ahead must not mean a wait of a year when it is right again.</summary>
    private async Task<bool> ShortenAsync(CancellationToken ct)
    {
        var latest = clock.GetUtcNow() + workings.Current.Options.Retry.Longest;
        var waiting = due.Due(DateTimeOffset.MaxValue, astray ?? new DueDelivery(new QueueId(0), 0, latest), PageSize);
        await ForEachAsync([.. waiting.Select(row => row.Message).Distinct()], flight => recorder.ShortenAsync(flight, ct), ct);
        astray = waiting.Count == PageSize ? waiting[^1] : null; // one that cannot be helped keeps nobody behind it
        return waiting.Count == PageSize;
    }

    /// <summary>Behind every id made at this instant or earlier.</summary>
    private static QueueId Old(DateTimeOffset instant) => QueueIdSource.LeastOf(instant.AddMilliseconds(1));

    private void Remember(QueueId id)
    {
        lock (early)
        {
            if (early.Count < MostEarly) early.Enqueue(id); // else the end of its next attempt sees to it
        }
    }

    private Task ForEachAsync(IReadOnlyList<QueueId> messages, Func<MessageInFlight, Task> work, CancellationToken ct) => Parallel.ForEachAsync(
        messages,
        new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct },
        async (id, _) => await GuardAsync(id, work));

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "One bad message never stops the rest: it is held with the reason.")]
    private async Task GuardAsync(QueueId id, Func<MessageInFlight, Task> work)
    {
        using var flight = new MessageInFlight(id);
        try
        {
            await work(flight);
        }
        catch (Exception fault) when (fault is not (StoreUnavailableException or LeaseLostException or OperationCanceledException or OutOfMemoryException))
        {
            var reason = OutcomeRecorder.Unprocessable(fault);
            if (await recorder.HoldAsync(flight, reason)) RunnerLog.Held(log, id, reason, fault);
        }
    }
}

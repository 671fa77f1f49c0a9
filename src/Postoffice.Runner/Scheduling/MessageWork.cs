using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Polly.CircuitBreaker;
using Postoffice.Runner.Conversations;
using Postoffice.Runner.Routing;
using Postoffice.Runner.Transports;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Scheduling;

/// <summary>
/// What is done for one message: load, route its waiting recipients, one attempt for each mailbox and one for all recipients of a next hop, and
/// their outcomes. Nothing that goes wrong with one message reaches another: it is held, with the reason.
/// </summary>
internal sealed class MessageWork(
    OutcomeRecorder recorder, Recovery recovery, Circuits circuits, InForce<Workings> workings, SwitchBoard board, HoldingTerm term, TimeProvider clock, ILogger log)
{
    private const int MaxRecipientsOfTransaction = 100; // what every server takes (RFC 5321 §4.5.3.1.8)
    private const int MaxKeptOut = 10_000;
    private static readonly TimeSpan WhileProbing = TimeSpan.FromSeconds(5); // one attempt finds out whether a destination is better

    private readonly DestinationSlots mailboxes = new(() => workings.Current.Options.Mailboxes, _ => TimeSpan.Zero, clock);
    private readonly DestinationSlots sessions = new(() => workings.Current.Options.Sessions, destination => workings.Current.Options.Rates.SpacingFor(destination), clock);
    private readonly HashSet<QueueId> keptOut = []; // what could not even be held
    private readonly CrowdedOut crowdedOut = new(clock);

    /// <summary>Told of each message whose work has ended.</summary>
    public Action<QueueId>? Finished { get; set; }

    /// <summary>Told of each user to whose mailbox a delivery begins.</summary>
    public Action<string>? DeliversTo { get; set; }

    /// <summary>Told of each destination that had no place for a message, with the domain of a recipient.</summary>
    public Action<Destination, string>? Crowded { get; set; }

    /// <summary>Told when a destination that was asked for has room, see <see cref="AskForRoom"/>.</summary>
    public Action<Destination>? RoomFor
    {
        set => mailboxes.RoomFor = sessions.RoomFor = value;
    }

    /// <summary>Where all mail of a domain goes together; null when that depends on the recipient.</summary>
    public Destination? DestinationOf(string domain) => workings.Current.Router.DestinationOf(domain);

    /// <inheritdoc cref="DestinationSlots.TryExpect"/>
    public bool TryExpect(Destination destination) => SlotsOf(destination).TryExpect(destination);

    /// <inheritdoc cref="DestinationSlots.Arrived"/>
    public void Arrived(Destination destination) => SlotsOf(destination).Arrived(destination);

    /// <inheritdoc cref="DestinationSlots.AskForRoom"/>
    public void AskForRoom(Destination destination) => SlotsOf(destination).AskForRoom(destination);

    /// <summary>What waits for a place stays in the store: nothing begins any more.</summary>
    public void TurnAllAway()
    {
        mailboxes.TurnAllAway();
        sessions.TurnAllAway();
    }

    /// <summary>Forgets what was learnt of destinations that have no mail any more.</summary>
    public void Tidy()
    {
        mailboxes.Tidy();
        sessions.Tidy();
        circuits.Tidy();
    }

    /// <summary>What goes on for each next hop.</summary>
    public IReadOnlyList<DestinationLoad> Loads() => sessions.Loads();

    /// <summary>Puts the waiting recipients of a message to work.</summary>
    /// <param name="wish">Those it fits do not wait for their instant; null for none.</param>
    /// <param name="expecting">The destination that expects it, see <see cref="TryExpect"/>; null for none.</param>
    public async Task DeliverAsync(QueueId id, RunNow? wish, Destination? expecting)
    {
        if (wish is null && expecting is null && crowdedOut.Contains(id))
        {
            Finished?.Invoke(id);
            return;
        }
        await Task.Yield(); // the schedule has more to do
        var flight = new MessageInFlight(id);
        flight.Enter(); // until it has arrived: the end is told once, and last
        await GuardAsync(flight, same => StartAsync(same, wish));
        if (expecting is not null) Arrived(expecting);
        Leave(flight);
        wish?.Leave();
    }

    /// <summary>Settles the attempts of a message that the end of an earlier runner cut off.</summary>
    public async Task RecoverAsync(QueueId id)
    {
        await Task.Yield();
        await GuardAsync(new MessageInFlight(id), flight => recovery.RecoverAsync(flight, term.Abandoned));
    }

    private async Task StartAsync(MessageInFlight flight, RunNow? wish)
    {
        if (term.Stopping.IsCancellationRequested) return;
        if (await recorder.LoadAsync(flight, term.Aborted) is not { Held: null } message) return;
        var now = clock.GetUtcNow();
        var waiting = message.Recipients.Values
            .Where(recipient => recipient.State is RecipientState.Pending)
            .Where(recipient => recipient.DueAt <= now || wish?.Fits(message, recipient) == true)
            .ToList();
        wish?.Count(waiting.Count);
        flight.PlannedTo = message.Rerouted?.To;
        var plan = Plan(waiting, flight.PlannedTo).ToList();
        foreach (var (route, recipients) in plan)
        {
            if (route.Destination is null)
            {
                var said = Said(route, recipients);
                await recorder.RecordAsync(flight, flight.NextAttempt(), Numbers(recipients), Nowhere(route), said, term.Abandoned);
                Tell(message, route, said);
                continue;
            }
            if (wish is not null) await wish.ReadyAsync(route.Destination, ReviveAsync);
            flight.Enter();
            var slots = SlotsOf(route.Destination);
            var admission = slots.Enter(route.Destination, () => _ = Task.Run(() => AttemptAsync(flight, route, Numbers(recipients), slots)), TurnAway);
            if (admission is Admission.Overflow) TurnAway();

            void TurnAway()
            {
                if (plan.Count == 1 && slots == mailboxes) crowdedOut.Remember(flight.Id, slots, route.Destination);
                Leave(flight); // first: what is in flight is passed by
                LeaveInStore(route.Destination, message, recipients);
            }
        }
    }

    /// <summary>One attempt with a place of its own; gives the place back.</summary>
    private async Task AttemptAsync(MessageInFlight flight, Route route, IReadOnlyList<int> numbers, DestinationSlots slots)
    {
        var experience = Experience.None;
        try
        {
            await GuardAsync(flight, async _ => experience = await DeliverAsync(flight, route, numbers));
        }
        finally
        {
            slots.Leave(route.Destination!, experience);
        }
    }

    private async Task<Experience> DeliverAsync(MessageInFlight flight, Route route, IReadOnlyList<int> numbers)
    {
        if (term.Stopping.IsCancellationRequested) return Experience.None;
        var message = await recorder.LoadAsync(flight, term.Aborted);
        if (message is not { Held: null }) return Experience.None;
        var recipients = numbers.Select(number => message.Recipients[number]).Where(recipient => recipient.State is RecipientState.Pending).ToList();
        if (recipients.Count == 0) return Experience.None;

        var number = flight.NextAttempt();
        var attempt = new Attempt(message, number, recipients, route)
        {
            BeginAsync = (to, ct) => recorder.BeginAsync(flight, number, Numbers(recipients), to, ct),
        };
        if (route is Route.Mailbox(var user)) DeliversTo?.Invoke(user);
        var made = route is Route.Mailbox ? workings.Current.Mailboxes.DeliverAsync(attempt, term.Aborted) : DialAsync(attempt);
        if (await made is not { } report) return Experience.None;
        await recorder.EndAsync(flight, number, report, term.Abandoned);
        Tell(message, route, report);
        return report.Experience();
    }

    /// <returns>Null when nothing has left: also where the destination is known to be in trouble, and its mail waits.</returns>
    private async Task<AttemptReport?> DialAsync(Attempt attempt)
    {
        var destination = attempt.Route.Destination!;
        try
        {
            var report = await circuits.AttemptAsync(destination, ct => workings.Current.Sessions.DeliverAsync(attempt, ct), term.Aborted);
            if (report?.Experience() is Experience.Good) sessions.Resume(destination); // it was a probe
            return report;
        }
        catch (BrokenCircuitException open)
        {
            sessions.Pause(destination, open.RetryAfter ?? WhileProbing);
            if (circuits.OpenOf(destination) is null) sessions.Resume(destination); // closed meanwhile
            LeaveInStore(destination, attempt.Message, attempt.Recipients);
            return null;
        }
    }

    /// <summary>There is no place for it; told when there is one.</summary>
    private void LeaveInStore(Destination destination, QueuedMessage message, IReadOnlyList<QueuedRecipient> recipients)
    {
        // A rerouted message is not under its domain any more; the next full look finds it.
        if (message.Rerouted is null) Crowded?.Invoke(destination, recipients[0].Accepted.To.Mailbox.DomainPart);
        AskForRoom(destination);
    }

    /// <summary>An operator wants to see an attempt.</summary>
    private async Task ReviveAsync(Destination destination)
    {
        await circuits.CloseAsync(destination);
        sessions.Resume(destination);
    }

    private DestinationSlots SlotsOf(Destination destination) => destination.Transport is Transport.Mailbox ? mailboxes : sessions;

    private void Tell(QueuedMessage message, Route route, AttemptReport report)
    {
        if (!board.IsHeard(message)) return;
        foreach (var result in report.Results)
        {
            if (OutcomeLine.Of(message, route, result) is { } line) board.Tell(message, line);
        }
    }

    /// <summary>The one place where surprises end.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "One bad message never stops the rest: it is held with the reason.")]
    private async Task GuardAsync(MessageInFlight flight, Func<MessageInFlight, Task> work)
    {
        try
        {
            if (!IsKeptOut(flight.Id)) await work(flight);
        }
        catch (LeaseLostException)
        {
            term.Lose();
        }
        catch (DelivererEndedException)
        {
            // The service sees the end of its child by itself and ends too; what the mailbox has is asked at the next start.
        }
        catch (OperationCanceledException) when (term.Aborted.IsCancellationRequested)
        {
            // Told to stop before anything was sent.
        }
        catch (StoreUnavailableException trouble)
        {
            RunnerLog.StoreWaits(log, trouble.Message); // it stays due and is met again at the next full look
        }
        catch (Exception fault)
        {
            await QuarantineAsync(flight, fault);
        }
        finally
        {
            Leave(flight);
        }
    }

    private async Task QuarantineAsync(MessageInFlight flight, Exception fault)
    {
        var reason = $"cannot be processed: {fault.Message}";
        if (await recorder.HoldAsync(flight, reason))
        {
            RunnerLog.Held(log, flight.Id, reason, fault);
            return;
        }
        lock (keptOut)
        {
            if (keptOut.Count < MaxKeptOut) keptOut.Add(flight.Id);
        }
        RunnerLog.KeptOut(log, flight.Id, reason, fault);
    }

    private bool IsKeptOut(QueueId id)
    {
        lock (keptOut) return keptOut.Contains(id);
    }

    private void Leave(MessageInFlight flight)
    {
        if (!flight.Leave()) return;
        flight.Dispose();
        Finished?.Invoke(flight.Id);
    }

    /// <summary>Each mailbox is an attempt of its own, so that each delivery happens exactly once; a next hop gets all of its recipients together.</summary>
    private IEnumerable<(Route Route, IReadOnlyList<QueuedRecipient> Recipients)> Plan(List<QueuedRecipient> waiting, NextHop? rerouted)
    {
        var router = workings.Current.Router;
        foreach (var group in waiting.GroupBy(recipient => rerouted is null ? Resolve(router, recipient) : new Route.Smtp(rerouted)))
        {
            var most = group.Key is Route.Mailbox ? 1 : MaxRecipientsOfTransaction;
            foreach (var chunk in group.Chunk(most)) yield return (group.Key, chunk);
        }
    }

    private static Route Resolve(IRouter router, QueuedRecipient recipient)
    {
        try
        {
            return router.Resolve(recipient.Accepted.To);
        }
        catch (IOException trouble)
        {
            return new Route.Nowhere(recipient.Accepted.To.ToString(), $"users cannot be looked up now: {trouble.Message}");
        }
    }

    private static AttemptRoute Nowhere(Route route) => route switch
    {
        Route.Unknown unknown => new AttemptRoute(Transport.Mailbox, unknown.Name),
        Route.Nowhere nowhere => new AttemptRoute(Transport.Smtp, nowhere.Name),
        _ => throw new ArgumentOutOfRangeException(nameof(route), route, "leads somewhere"),
    };

    private static AttemptReport Said(Route route, IReadOnlyList<QueuedRecipient> recipients) => new(
    [
        .. recipients.Select<QueuedRecipient, RecipientResult>(recipient => route switch
        {
            Route.Unknown unknown => new RecipientResult.Refused(recipient.Number, unknown.Reply),
            Route.Nowhere nowhere => new RecipientResult.Unreached(recipient.Number, nowhere.Reason),
            _ => throw new ArgumentOutOfRangeException(nameof(route), route, "leads somewhere"),
        }),
    ]);

    private static IReadOnlyList<int> Numbers(IEnumerable<QueuedRecipient> recipients) => [.. recipients.Select(recipient => recipient.Number)];
}

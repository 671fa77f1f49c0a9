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
    private const int MaxKeptOut = 10_000;
    private static readonly TimeSpan WhileProbing = TimeSpan.FromSeconds(5); // one attempt finds out whether a destination is better

    private readonly DestinationSlots mailboxes = new(() => workings.Current.Options.Mailboxes, _ => TimeSpan.Zero, clock);
    private readonly DestinationSlots sessions = new(() => workings.Current.Options.Sessions, destination => workings.Current.Options.Rates.SpacingFor(destination), clock);
    private readonly HashSet<QueueId> keptOut = []; // what could not even be held

    /// <summary>Told of each message whose work has ended.</summary>
    public Action<QueueId>? Finished { get; set; }

    /// <summary>Told of each user to whose mailbox a delivery begins.</summary>
    public Action<string>? DeliversTo { get; set; }

    /// <summary>Told of what found no place at its destination, and of the wish that it is tried now.</summary>
    public Action<Part, RunNow?>? Crowded { get; set; }

    /// <summary>Told of a next hop where it is in vain to try anything now.</summary>
    public Action<Destination>? Forgone { get; set; }

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
    /// <param name="flight">Entered for this; left when it is done.</param>
    /// <param name="wish">Those it fits do not wait for their instant; null for none.</param>
    /// <param name="expecting">The destination that expects it, see <see cref="TryExpect"/>; null for none.</param>
    public async Task DeliverAsync(MessageInFlight flight, RunNow? wish, Destination? expecting)
    {
        flight.Enter(); // until it has arrived: the end is told once, and last
        await Task.Yield(); // the schedule has more to do
        await GuardAsync(flight, same => StartAsync(same, wish, isCounted: expecting is not null));
        if (expecting is not null) Arrived(expecting);
        Leave(flight);
        wish?.Leave();
    }

    /// <summary>Settles the attempts of a message that the end of an earlier runner cut off.</summary>
    public async Task RecoverAsync(MessageInFlight flight)
    {
        await Task.Yield();
        await GuardAsync(flight, same => recovery.RecoverAsync(same, term.Abandoned));
    }

    /// <param name="isCounted">It was looked at for the wish before, and found no place.</param>
    private async Task StartAsync(MessageInFlight flight, RunNow? wish, bool isCounted)
    {
        if (term.Stopping.IsCancellationRequested) return;
        var now = clock.GetUtcNow();
        QueuedMessage? message;
        IReadOnlyList<QueuedRecipient>? waiting;
        do
        {
            message = await recorder.LoadAsync(flight, term.Aborted);
            if (message is not { Held: null }) return;
            waiting = flight.Claim((current, recipient) => recipient.DueAt <= now || wish?.Fits(current, recipient) == true);
        }
        while (waiting is null);
        if (!isCounted) wish?.Count(waiting.Count(recipient => wish.Fits(message, recipient)));
        var parts = new Queue<Part>(Part.Of(message, waiting, workings.Current.Router));
        try
        {
            for (; parts.TryPeek(out var part); parts.Dequeue()) await StartAsync(flight, part, wish?.IsFor(part) == true ? wish : null); // what is due is met too
        }
        finally
        {
            foreach (var part in parts) flight.Release(part.Recipients);
        }
    }

    private async Task StartAsync(MessageInFlight flight, Part part, RunNow? wish)
    {
        if (part.Said() is { } said)
        {
            await recorder.RecordAsync(flight, flight.NextAttempt(), part, said, term.Abandoned);
            flight.Release(part.Recipients);
            Tell(part, said);
            return;
        }
        var destination = part.Route.Destination!;
        if (wish is not null) await wish.ReadyAsync(destination, ReviveAsync);
        flight.Enter();
        var slots = SlotsOf(destination);
        var admission = slots.Enter(destination, () => _ = Task.Run(() => AttemptAsync(flight, part, slots, wish)), TurnAway);
        if (admission is Admission.Overflow) TurnAway();

        void TurnAway()
        {
            flight.LeaveBehind(part.Recipients);
            Leave(flight);
            LeaveInStore(part, wish);
        }
    }

    /// <summary>One attempt with a place of its own; gives the place back.</summary>
    private async Task AttemptAsync(MessageInFlight flight, Part part, DestinationSlots slots, RunNow? wish)
    {
        var experience = Experience.None;
        var isDialled = true;
        try
        {
            await GuardAsync(flight, async _ =>
            {
                try
                {
                    experience = await DeliverAsync(flight, part);
                }
                catch (BrokenCircuitException open)
                {
                    isDialled = false;
                    Pause(part.Route.Destination!, open.RetryAfter ?? WhileProbing);
                }
                finally
                {
                    if (isDialled) flight.Release(part.Recipients);
                    else flight.LeaveBehind(part.Recipients);
                }
            });
        }
        finally
        {
            slots.Leave(part.Route.Destination!, experience);
        }
        if (!isDialled) LeaveInStore(part, wish);
    }

    private async Task<Experience> DeliverAsync(MessageInFlight flight, Part part)
    {
        if (term.Stopping.IsCancellationRequested) return Experience.None;
        if (await recorder.LoadAsync(flight, term.Aborted) is not { Held: null } message) return Experience.None;
        var waiting = part.Numbers.Select(recipient => message.Recipients[recipient]).Where(recipient => recipient.State is RecipientState.Pending).ToList();
        if (waiting.Count == 0) return Experience.None;

        var number = flight.NextAttempt();
        var attempt = new Attempt(message, number, waiting, part.Route)
        {
            IntendAsync = (to, ct) => recorder.BeginAsync(flight, number, part with { Recipients = waiting }, to, ct),
        };
        if (part.Route is Route.Mailbox(var user)) DeliversTo?.Invoke(user);
        var made = part.Route is Route.Mailbox ? workings.Current.Mailboxes.DeliverAsync(attempt, term.Aborted) : DialAsync(attempt);
        if (await made is not { } report) return Experience.None;
        await recorder.EndAsync(flight, number, report, term.Abandoned);
        Tell(part with { Message = message }, report);
        return report.Experience();
    }

    /// <returns>Null when nothing has left.</returns>
    /// <exception cref="BrokenCircuitException">The destination is known to be in trouble, and its mail waits.</exception>
    private async Task<AttemptReport?> DialAsync(Attempt attempt)
    {
        var destination = attempt.Route.Destination!;
        var report = await circuits.AttemptAsync(destination, ct => workings.Current.Sessions.DeliverAsync(attempt, ct), term.Aborted);
        if (report?.Experience() is Experience.Good) sessions.Resume(destination); // it was a probe
        return report;
    }

    private void Pause(Destination destination, TimeSpan time)
    {
        sessions.Pause(destination, time);
        if (circuits.OpenOf(destination) is null) sessions.Resume(destination); // closed meanwhile
        else Forgone?.Invoke(destination);
    }

    /// <summary>There is no place for it; told when there is one. A wish was fulfilled where the destination turned out to be in trouble.</summary>
    private void LeaveInStore(Part part, RunNow? wish)
    {
        var destination = part.Route.Destination!;
        Crowded?.Invoke(part, circuits.OpenOf(destination) is null ? wish : null);
        AskForRoom(destination);
    }

    /// <summary>An operator wants to see an attempt.</summary>
    private async Task ReviveAsync(Destination destination)
    {
        await circuits.CloseAsync(destination);
        sessions.Resume(destination);
    }

    private DestinationSlots SlotsOf(Destination destination) => destination.Transport is Transport.Mailbox ? mailboxes : sessions;

    private void Tell(Part part, AttemptReport report)
    {
        if (!board.IsHeard(part.Message)) return;
        foreach (var result in report.Results)
        {
            if (OutcomeLine.Of(part.Message, part.Route, result) is { } line) board.Tell(part.Message, line);
        }
    }

    /// <summary>Where surprises end, but for those of an attempt, whose outcome must not be lost with them: <see cref="AttemptReport.Surprise"/>.</summary>
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
        var reason = OutcomeRecorder.Unprocessable(fault);
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
}

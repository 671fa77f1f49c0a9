using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Postoffice.Runner.Bounces;
using Postoffice.Store.Events;
using Postoffice.Store.Leases;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Scheduling;

/// <summary>The partition is somebody else's now: everything done in its name stops.</summary>
internal sealed class LeaseLostException() : Exception("another runner holds the lease");

/// <summary>
/// Writes what happens to messages: load, decide, append at the version read; on a lost race all three again, never the append alone. Every
/// append names the lease, so a runner that was paused and taken over writes nothing more.
/// </summary>
internal sealed class OutcomeRecorder(
    IEventLog journal, Lease lease, InForce<Workings> workings, TimeProvider clock, SteadyClock age, ILogger log)
{
    private const string Self = "postoffice-runner";
    private static readonly TimeSpan StoreRetry = TimeSpan.FromSeconds(1);

    /// <summary>Loads the message unless we have it; null when the journal has none of that name.</summary>
    /// <exception cref="UnreadableFactException">Quarantine it.</exception>
    public async Task<QueuedMessage?> LoadAsync(MessageInFlight flight, CancellationToken ct)
    {
        await flight.Gate.WaitAsync(ct);
        try
        {
            return await ReadAsync(flight, ct);
        }
        finally
        {
            flight.Gate.Release();
        }
    }

    /// <summary>
    /// Makes the intent durable; only then may anything leave, and for those only whom it names.
    /// </summary>
    /// <returns>
    /// The recipients that still wait; none also when an operator sends the message another way since the route was planned.
    /// </returns>
    /// <exception cref="LeaseLostException">Nothing may leave.</exception>
    /// <exception cref="StoreUnavailableException">Not recorded, so nothing may leave; try again later.</exception>
    public async Task<ValueList<int>> BeginAsync(MessageInFlight flight, int attempt, Part part, AttemptRoute route, CancellationToken ct)
    {
        var facts = await AppendAsync(flight, message => Started(message, attempt, part, route) is { } started ? [started] : [], ct);
        return facts is [AttemptStarted begun] ? begun.Recipients : [];
    }

    /// <summary>Records intent and outcome together, of an attempt for which nothing was dialled or written.</summary>
    public async Task RecordAsync(MessageInFlight flight, int attempt, Part part, AttemptReport report, CancellationToken ct)
    {
        var facts = await AppendAsync(flight, message =>
        {
            if (Started(message, attempt, part, part.Nowhere) is not { } started) return [];
            return [started, .. Ended(Evolve(message, started), attempt, report)];
        }, ct);
        LogOutcomes(flight, facts);
    }

    /// <summary>
    /// Records what became of an attempt, and with it what follows: expiry, and the DSN. It happened, so this goes on until the store takes it,
    /// the lease is lost, or <paramref name="ct"/> ends: then the next runner finds the attempt without an outcome.
    /// </summary>
    /// <exception cref="LeaseLostException">The next holder finds out by itself.</exception>
    public async Task EndAsync(MessageInFlight flight, int attempt, AttemptReport report, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                var facts = await AppendAsync(flight, message => Ended(message, attempt, report), ct);
                LogOutcomes(flight, facts);
                if (report.Surprise is { } surprise && facts.Any(fact => fact is MessageHeld)) RunnerLog.Held(log, flight.Id, Unprocessable(surprise), surprise);
                return;
            }
            catch (StoreUnavailableException trouble) when (trouble.Trouble is not StoreTrouble.Stopping)
            {
                RunnerLog.OutcomeWaits(log, flight.Id, trouble.Message);
                await Task.Delay(StoreRetry, clock, ct);
            }
        }
    }

    /// <summary>Whether <c>qreturn=</c> is over for the message.</summary>
    public bool IsTooOld(QueuedMessage message) => Decide.IsTooOld(message, workings.Current.Options.Lifetime, age.GetUtcNow());

    /// <summary>Ends recipients that are too old and did not come to an attempt.</summary>
    /// <param name="missedBy">They should have been tried before this instant.</param>
    public async Task ExpireAsync(MessageInFlight flight, DateTimeOffset missedBy, CancellationToken ct) =>
        LogOutcomes(flight, await AppendAsync(flight, message => Expired(message, missedBy), ct));

    /// <summary>Makes recipients due whose instant lies beyond every schedule.</summary>
    public Task ShortenAsync(MessageInFlight flight, CancellationToken ct) => AppendAsync(flight, message =>
    {
        var now = clock.GetUtcNow();
        return Decide.Shorten(message, now + workings.Current.Options.Retry.Longest, now) is { } shortened ? [shortened] : [];
    }, ct);

    /// <summary>Tells the sender what is to be told of a message with which nothing happens: that it is late.</summary>
    public Task TellAsync(MessageInFlight flight, CancellationToken ct) => AppendAsync(flight, _ => [], ct, isLate: true);

    /// <summary>Records what an operator does with the message, and the DSN that follows.</summary>
    /// <param name="flight">Of a message that the journal knows.</param>
    /// <returns>False when it changes nothing.</returns>
    /// <exception cref="LeaseLostException">Nothing was recorded.</exception>
    public async Task<bool> ActAsync(MessageInFlight flight, Func<QueuedMessage, QueueEvent?> decide, CancellationToken ct)
    {
        var facts = await AppendAsync(flight, message => decide(message) is { } fact ? [fact] : [], ct);
        LogOutcomes(flight, facts);
        return facts.Count > 0;
    }

    /// <summary>Why a message is held that breaks the program.</summary>
    public static string Unprocessable(Exception surprise) => KeptText.Of($"cannot be processed: {surprise.Message}");

    /// <summary>Keeps a message that cannot be processed away from the rest, with the reason.</summary>
    /// <returns>False when even that could not be written.</returns>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever is wrong with one message, it is kept out and the others go on.")]
    public async Task<bool> HoldAsync(MessageInFlight flight, string reason)
    {
        // Not even its version may be known, and order decides nothing here: a message held twice is held.
        var held = new Append(StreamId.Message(flight.Id), ExpectedVersion.Any, new MessageHeld(Self, reason)) { Lease = lease };
        try
        {
            return await journal.AppendAsync(held, CancellationToken.None) is AppendResult.Appended;
        }
        catch (Exception trouble) when (trouble is not OutOfMemoryException)
        {
            // Also what the journal itself refuses, such as a fact behind a row that nobody of ours wrote.
            RunnerLog.OutcomeWaits(log, flight.Id, trouble.Message);
            return false;
        }
    }

    private static AttemptStarted? Started(QueuedMessage message, int attempt, Part part, AttemptRoute route) =>
        message.Rerouted?.To == part.Message.Rerouted?.To ? Decide.Start(message, attempt, part.Numbers, route) : null;

    private List<QueueEvent> Ended(QueuedMessage message, int attempt, AttemptReport report)
    {
        var options = workings.Current.Options;
        var spread = Random.Shared.NextDouble();
        if (Decide.End(message, attempt, report, options.Retry.For, options.Lifetime, clock.GetUtcNow(), spread) is not { } ended) return [];
        List<QueueEvent> facts = [ended];
        if (options.InDoubt is InDoubtPolicy.Hold && ended.Outcomes.Any(outcome => outcome.Result is OutcomeKind.InDoubt))
        {
            facts.Add(new MessageHeld(Self, "in doubt: it may have been delivered (in-doubt=hold)"));
        }
        if (report.Surprise is { } surprise && Operate.Hold(Evolve(message, facts), Self, Unprocessable(surprise)) is { } held) facts.Add(held);
        facts.AddRange(Operate.Fulfil(Evolve(message, facts))); // what an operator ordered meanwhile
        facts.AddRange(Expired(Evolve(message, facts), missedBy: null));
        return facts;
    }

    private List<QueueEvent> Expired(QueuedMessage message, DateTimeOffset? missedBy) =>
        Decide.Expire(message, workings.Current.Options.Lifetime, age.GetUtcNow(), missedBy) is { } expired ? [expired] : [];

    /// <summary>Appends what follows from the message as it stands, and the DSN that follows from that.</summary>
    /// <param name="isLate">Time alone may ask for a DSN, without any fact that leads to it.</param>
    /// <returns>The facts written; empty when nothing follows.</returns>
    private async Task<IReadOnlyList<QueueEvent>> AppendAsync(
        MessageInFlight flight, Func<QueuedMessage, IReadOnlyList<QueueEvent>> decide, CancellationToken ct, bool isLate = false)
    {
        await flight.Gate.WaitAsync(ct);
        try
        {
            while (true)
            {
                var message = await ReadAsync(flight, ct) ?? throw new InvalidOperationException($"{flight.Id} is gone from the journal");
                var facts = decide(message);
                if (facts.Count == 0 && !isLate) return facts;
                var evolved = Evolve(message, facts);
                var ending = facts.ToList().FindLastIndex(fact => fact is AttemptEnded or RecipientExpired or MessageCancelled);
                await using var bounce = ending >= 0 || isLate ? await BounceAsync(evolved, ending < 0 ? null : ending, ct) : null;
                List<StreamAppend> streams = [.. bounce?.Streams ?? []];
                if (facts.Count > 0) streams.Insert(0, new(StreamId.Message(flight.Id), ExpectedVersion.At(message.Version), facts.ToValueList()));
                if (streams.Count == 0) return facts;
                var append = new Append(streams.ToValueList()) { Content = bounce?.Content, Lease = lease };
                switch (await journal.AppendAsync(append, ct))
                {
                    case AppendResult.Appended:
                        if (bounce is { IsLast: true }) RunnerLog.NobodyTold(log, flight.Id);
                        if (bounce is { Surprise: { } surprise }) RunnerLog.NotToldOf(log, flight.Id, surprise);
                        flight.Put(Evolve(evolved, bounce?.Told ?? []));
                        return facts;
                    case AppendResult.LeaseLost:
                        throw new LeaseLostException();
                    default:
                        flight.Forget();
                        break;
                }
            }
        }
        catch (Exception)
        {
            flight.Forget(); // whatever became of the append: what we have is not known to be true any more
            throw;
        }
        finally
        {
            flight.Gate.Release();
        }
    }

    /// <param name="ending">The fact of the same append that leads to it; null when those in the journal do.</param>
    /// <returns>Null when there is nothing to tell anybody.</returns>
    private async ValueTask<Bounce?> BounceAsync(QueuedMessage message, int? ending, CancellationToken ct)
    {
        var current = workings.Current;
        if (DecideReport.Of(message, current.Options.DelayWarning, current.Options.Lifetime, age.GetUtcNow()) is not { } report) return null;
        var last = message.Recipients.Values.Max(recipient => recipient.LastBy) ?? message.AcceptedBy;
        return await current.Bounces.ReportAsync(message, report, new BounceCause(ending, ending is null ? last : null), ct);
    }

    private async Task<QueuedMessage?> ReadAsync(MessageInFlight flight, CancellationToken ct)
    {
        if (flight.Message is null && await journal.LoadAsync(flight.Id, ct) is { } loaded) flight.Put(loaded);
        return flight.Message;
    }

    private QueuedMessage Evolve(QueuedMessage message, IEnumerable<QueueEvent> facts) => facts.Aggregate(message, Evolve);

    /// <summary>The fold of a fact that is about to be written: position and time are near enough for what is folded from them here.</summary>
    private QueuedMessage Evolve(QueuedMessage message, QueueEvent fact) => message.Evolve(new RecordedEvent(
        Position: 0, StreamId.Message(message.Id), message.Version + 1, EventCatalogue.NameOf(fact), fact, CausedBy: null, clock.GetUtcNow()));

    private void LogOutcomes(MessageInFlight flight, IReadOnlyList<QueueEvent> facts)
    {
        foreach (var fact in facts)
        {
            switch (fact)
            {
                case AttemptEnded ended:
                    foreach (var outcome in ended.Outcomes) RunnerLog.Outcome(log, flight.Id, Address(outcome.Recipient), ended, outcome);
                    break;
                case RecipientExpired expired:
                    foreach (var number in expired.Recipients) RunnerLog.Expired(log, flight.Id, Address(number));
                    break;
                default:
                    break;
            }
        }

        string Address(int number) => flight.Message?.Recipients.GetValueOrDefault(number)?.Accepted.To.ToString() ?? $"recipient {number}";
    }
}

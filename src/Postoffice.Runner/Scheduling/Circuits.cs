using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Postoffice.Runner.Pipelines;
using Postoffice.Store.Events;
using Postoffice.Store.Leases;
using Postoffice.Store.Log;
using Postoffice.Store.Queries;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Scheduling;

/// <summary>
/// A circuit breaker for each next hop. While it is open mail for it waits without being dialled, and without a fact for each message: one on
/// the destination's own stream says since when and why, another that it is over.
/// </summary>
internal sealed class Circuits(IEventLog journal, CircuitQuery open, Lease lease, TimeProvider clock, ILogger log)
{
    private const string NoSuccess = "no attempt succeeded";
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    private readonly Lock gate = new();
    private readonly Dictionary<Destination, Circuit> circuits = [];
    private readonly Dictionary<Destination, long> firstTroubles = []; // time stamps, of destinations without a circuit

    /// <summary>Makes an attempt, unless the circuit is open.</summary>
    /// <exception cref="BrokenCircuitException">Nothing was dialled or recorded; it says when to come again.</exception>
    public async ValueTask<AttemptReport?> AttemptAsync(Destination destination, Func<CancellationToken, Task<AttemptReport?>> attempt, CancellationToken ct)
    {
        if (Find(destination) is { } circuit)
        {
            circuit.LastUsed = clock.GetTimestamp();
            return await circuit.Pipeline.ExecuteAsync(static async (call, token) => await call(token), attempt, ct);
        }
        var report = await attempt(ct);
        if (report?.Experience() is Experience.Trouble) await CountAsync(destination, report);
        return report;
    }

    /// <summary>Closes the circuit on an operator's wish: the next attempt is made.</summary>
    public async Task CloseAsync(Destination destination)
    {
        if (Find(destination) is { IsOpen: true } circuit) await circuit.Control.CloseAsync(CancellationToken.None);
    }

    /// <summary>Since when the circuit is open, until when, and why; null when it is closed.</summary>
    public OpenCircuit? OpenOf(Destination destination) => Find(destination)?.Open;

    /// <summary>What an earlier runner left open is tried again: what it knew of failures is gone with it.</summary>
    public async Task CloseLeftOpenAsync()
    {
        try
        {
            foreach (var left in open.All()) await RecordAsync(left.Destination, new CircuitClosed("the runner began anew"));
        }
        catch (StoreUnavailableException trouble)
        {
            RunnerLog.StoreWaits(log, trouble.Message); // a fact that says so comes with the next change
        }
    }

    /// <summary>Forgets destinations that had no mail for ten minutes, open ones that long after they might have been tried again.</summary>
    public void Tidy()
    {
        var now = clock.GetUtcNow();
        lock (gate)
        {
            foreach (var (destination, since) in firstTroubles)
            {
                if (clock.GetElapsedTime(since) >= CircuitPipeline.Sampling) firstTroubles.Remove(destination);
            }
            foreach (var (destination, circuit) in circuits)
            {
                if (clock.GetElapsedTime(circuit.LastUsed) < Memory || now - circuit.Open?.Until < Memory) continue;
                circuits.Remove(destination);
                if (circuit.IsOpen) _ = RecordAsync(destination.Name, new CircuitClosed("no mail waits for it any more"));
            }
        }
    }

    private Circuit? Find(Destination destination)
    {
        lock (gate) return circuits.GetValueOrDefault(destination);
    }

    /// <summary>
    /// A circuit takes kilobytes, and a queue may have mail for tens of thousands of dead domains: there is one from the second trouble on.
    /// </summary>
    private async Task CountAsync(Destination destination, AttemptReport trouble)
    {
        var (circuit, times) = Blame(destination);
        try
        {
            for (; times > 0; times--)
            {
                await circuit!.Pipeline.ExecuteAsync(static (known, _) => ValueTask.FromResult<AttemptReport?>(known), trouble, CancellationToken.None);
            }
        }
        catch (BrokenCircuitException)
        {
            // Others that were under way with it have opened it by now.
        }
    }

    /// <returns>The circuit, and how many troubles it does not know yet.</returns>
    private (Circuit? Circuit, int Times) Blame(Destination destination)
    {
        lock (gate)
        {
            if (circuits.TryGetValue(destination, out var circuit)) return (circuit, 1);
            if (!firstTroubles.Remove(destination, out var since) || clock.GetElapsedTime(since) >= CircuitPipeline.Sampling)
            {
                firstTroubles[destination] = clock.GetTimestamp();
                return (null, 0);
            }
            circuits[destination] = circuit = Make(destination);
            circuit.LastUsed = clock.GetTimestamp();
            return (circuit, 2);
        }
    }

    private Circuit Make(Destination destination)
    {
        var circuit = new Circuit();
        circuit.Pipeline = CircuitPipeline.Build(
            destination.Name, report => IsTrouble(circuit, report), opened => OpenedAsync(circuit, destination, opened), closed => ClosedAsync(circuit, destination, closed), circuit.Control, clock);
        return circuit;
    }

    /// <summary>A probe that was not dialled, or was cut off, has found nothing out: it does not close the circuit.</summary>
    private static bool IsTrouble(Circuit circuit, AttemptReport? report) =>
        report?.Experience() is Experience.Trouble
        || (circuit.IsOpen && (report is null || report.Results.All(result => result is RecipientResult.Interrupted)));

    private async ValueTask OpenedAsync(Circuit circuit, Destination destination, OnCircuitOpenedArguments<AttemptReport?> opened)
    {
        var now = clock.GetUtcNow();
        var until = now + opened.BreakDuration;
        var reason = Reason(opened.Outcome.Result);
        circuit.Open = new OpenCircuit(destination.Name, circuit.Open?.OpenedAt ?? now, until, reason);
        RunnerLog.CircuitOpened(log, destination.Name, until, reason);
        await RecordAsync(destination.Name, new CircuitOpened(reason, until));
    }

    private async ValueTask ClosedAsync(Circuit circuit, Destination destination, OnCircuitClosedArguments<AttemptReport?> closed)
    {
        circuit.Open = null;
        RunnerLog.CircuitClosed(log, destination.Name);
        await RecordAsync(destination.Name, new CircuitClosed(closed.IsManual ? "an operator asked for an attempt" : "it works on mail again"));
    }

    private async Task RecordAsync(string destination, QueueEvent fact)
    {
        try
        {
            // A lost lease is found out by whoever records an outcome; this fact says nothing that mail depends on.
            await journal.AppendAsync(new Append(StreamId.Destination(destination), ExpectedVersion.Any, fact) { Lease = lease }, CancellationToken.None);
        }
        catch (StoreUnavailableException trouble)
        {
            RunnerLog.StoreWaits(log, trouble.Message);
        }
    }

    private static string Reason(AttemptReport? report) => report?.Results is not [var first, ..] ? NoSuccess : first switch
    {
        RecipientResult.Refused refused => refused.Reply.Kept().ToString(),
        RecipientResult.PutOff putOff => putOff.Reply?.ToString() ?? putOff.Reason,
        RecipientResult.Unreached unreached => unreached.Reason,
        _ => NoSuccess,
    };

    private sealed class Circuit
    {
        public CircuitBreakerManualControl Control { get; } = new();
        public ResiliencePipeline<AttemptReport?> Pipeline { get; set; } = ResiliencePipeline<AttemptReport?>.Empty;
        public long LastUsed { get; set; }
        public OpenCircuit? Open { get; set; }
        public bool IsOpen => Open is not null;
    }
}

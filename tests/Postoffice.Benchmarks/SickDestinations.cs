using Postoffice.Benchmarks.NextHops;
using Postoffice.Store.Queries;

namespace Postoffice.Benchmarks;

/// <summary>
/// A queue of mixed mail is loaded while the runner rests, then the runner starts: how long until the last message for a healthy destination is
/// taken, with the sick ones in the queue and without them?
/// </summary>
/// <param name="name">What it is called.</param>
/// <param name="sickness">What the dead are like.</param>
/// <param name="settings">Lines of the configuration; all others are at their defaults.</param>
internal sealed class SickDestinations(string name, Sickness sickness, params IReadOnlyList<string> settings) : IBenchmark
{
    private const double MostRatio = 1.5;
    private static readonly TimeSpan LoadLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan DeliveryLimit = TimeSpan.FromMinutes(5);

    public string Name => name;

    public string Summary =>
        $"{World.Messages:N0} messages of 4 KiB to {World.Destinations} destinations, of which {World.Dead} are dead ({sickness}) and {World.Slow} slow "
        + $"({World.SlowReply.TotalSeconds:0} s before each reply){string.Concat(settings.Select(line => $", {line}"))}: seconds from the runner's start "
        + $"until the healthy ones have all of theirs, at most {MostRatio} times those without mail for the sick";

    public async Task<Finding> RunAsync(Effort effort, CancellationToken ct)
    {
        var (without, with) = (new List<Run>(), new List<Run>());
        for (var round = 1; round <= effort.Rounds; round++)
        {
            // Whichever comes first may find the machine in another state, so they take turns at that.
            foreach (var sick in round % 2 == 1 ? (bool[])[false, true] : [true, false])
            {
                (sick ? with : without).Add(await MeasureAsync(sick, $"round {round} of {effort.Rounds}, {(sick ? "with" : "without")} the sick", ct));
            }
        }

        var ratio = Median.Of(with, run => run.Seconds) / Median.Of(without, run => run.Seconds);
        return new Finding(
            [
                "| round | without: s | runner's CPU, s | with: s | runner's CPU, s | ratio |",
                "|---|---|---|---|---|---|",
                .. without.Zip(with, (a, b) => $"| {without.IndexOf(a) + 1} | {a} | {b} | {b.Seconds / a.Seconds:0.00} |"),
                $"| median | {MedianOf(without)} | {MedianOf(with)} | {ratio:0.00} |",
            ],
            [Limit.AtMost("time with the sick / time without", ratio, MostRatio)]);
    }

    private async Task<Run> MeasureAsync(bool sick, string title, CancellationToken ct)
    {
        await using var world = await World.OpenAsync(sickness, ct);
        using var installation = new Installation(World.Routes().Concat(settings));
        var recipients = World.Recipients(sick);
        using (await installation.StartListenerAsync(ct))
        {
            var loaded = 0;
            Progress.Say($"{title}: loading {recipients.Count:N0} messages");
            using var limit = Limited(LoadLimit, ct);
            await Progress.FollowAsync(
                Loader.SendAsync(installation.Listener, recipients, () => Interlocked.Increment(ref loaded), limit.Token),
                () => $"{title}: {loaded:N0} of {recipients.Count:N0} loaded");
        }

        using var runner = await installation.StartRunnerAsync(ct);
        var began = TimeProvider.System.GetTimestamp();
        var seconds = double.PositiveInfinity;
        using (var limit = Limited(DeliveryLimit, ct))
        {
            try
            {
                await Progress.FollowAsync(
                    world.HealthyHaveAll.WaitAsync(limit.Token),
                    () => $"{title}: {world.HealthyTaken:N0} of {World.HealthyExpected:N0} delivered");
                seconds = TimeProvider.System.GetElapsedTime(began, await world.HealthyHaveAll).TotalSeconds;
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                Progress.Say($"{title}: given up after {DeliveryLimit.TotalMinutes:0} minutes with {world.HealthyTaken:N0} of {World.HealthyExpected:N0} delivered");
            }
        }

        var run = new Run(seconds, runner.ProcessorSeconds);
        Progress.Say($"{title}: {run.Seconds:0.00} s");
        if (sick) RequireDialled(world, await installation.DestinationsAsync(ct));
        return run;
    }

    /// <summary>Sick ones that nobody dialled delay nobody: then nothing was measured.</summary>
    private void RequireDialled(World world, IReadOnlyList<DestinationEntry> seen)
    {
        if (world.SlowNeverDialled > 0) throw new BenchmarkException($"{world.SlowNeverDialled} of the slow destinations were never dialled");
        var dead = seen.Where(hop => World.IsDead(hop.Destination)).ToArray();
        var dialled = dead.Count(hop => hop.Trying > 0 || hop.LastReply is not null);
        if (dialled < World.Dead) throw new BenchmarkException($"{World.Dead - dialled} of the dead destinations were never dialled");
        var open = dead.Count(hop => hop.OpenSince is not null);
        if (open < sickness.LeastOpen) throw new BenchmarkException($"{open} of the dead destinations were given up for a while, not {sickness.LeastOpen} or more");
    }

    private static CancellationTokenSource Limited(TimeSpan limit, CancellationToken ct)
    {
        var limited = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limited.CancelAfter(limit);
        return limited;
    }

    private static Run MedianOf(IReadOnlyList<Run> runs) => new(Median.Of(runs, run => run.Seconds), Median.Of(runs, run => run.ProcessorSeconds));

    /// <param name="Seconds">Infinite when the healthy ones did not get all in time.</param>
    private sealed record Run(double Seconds, double ProcessorSeconds)
    {
        public override string ToString() => $"{Seconds:0.00} | {ProcessorSeconds:0.00}";
    }
}

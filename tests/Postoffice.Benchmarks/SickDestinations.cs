using System.Net;
using Postoffice.Benchmarks.NextHops;

namespace Postoffice.Benchmarks;

/// <summary>
/// A queue of mixed mail is loaded while the runner rests, then the runner starts: how long until the last message for a healthy destination is
/// taken, with the sick ones in the queue and without them?
/// </summary>
internal sealed class SickDestinations : IBenchmark
{
    private const int Destinations = 200, Dead = 20, Slow = 20, MessagesEach = 50;
    private const double MostRatio = 1.5;
    private const int Shuffle = 20; // any seed: each run has the same order
    private static readonly TimeSpan SlowReply = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LoadLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan DeliveryLimit = TimeSpan.FromMinutes(5);

    public string Name => "sick-destinations";

    public string Summary =>
        $"{Destinations * MessagesEach:N0} messages of 4 KiB to {Destinations} destinations, of which {Dead} are dead (they do not answer) and {Slow} slow "
        + $"({SlowReply.TotalSeconds:0} s before each reply): seconds from the runner's start until the healthy ones have all of theirs, "
        + $"at most {MostRatio} times those without mail for the sick";

    public async Task<Finding> RunAsync(int rounds, CancellationToken ct)
    {
        var (without, with) = (new List<Run>(), new List<Run>());
        for (var round = 1; round <= rounds; round++)
        {
            // Whichever comes first may find the machine in another state, so they take turns at that.
            foreach (var sick in round % 2 == 1 ? (bool[])[false, true] : [true, false])
            {
                (sick ? with : without).Add(await MeasureAsync(sick, $"round {round} of {rounds}, {(sick ? "with" : "without")} the sick", ct));
            }
        }

        var ratio = Median(with, run => run.Seconds) / Median(without, run => run.Seconds);
        return new Finding(
            [
                "| round | without: s | runner's CPU, s | with: s | runner's CPU, s | ratio |",
                "|---|---|---|---|---|---|",
                .. without.Zip(with, (a, b) => $"| {without.IndexOf(a) + 1} | {a} | {b} | {b.Seconds / a.Seconds:0.00} |"),
                $"| median | {MedianOf(without)} | {MedianOf(with)} | {ratio:0.00} |",
            ],
            [new Limit("time with the sick / time without", ratio, MostRatio)]);
    }

    private static async Task<Run> MeasureAsync(bool sick, string title, CancellationToken ct)
    {
        await using var world = await World.OpenAsync(ct);
        using var installation = new Installation(world.Routes());
        var recipients = world.Recipients(sick);
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
                    () => $"{title}: {world.HealthyTaken:N0} of {world.HealthyExpected:N0} delivered");
                seconds = TimeProvider.System.GetElapsedTime(began, await world.HealthyHaveAll).TotalSeconds;
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                Progress.Say($"{title}: given up after {DeliveryLimit.TotalMinutes:0} minutes with {world.HealthyTaken:N0} of {world.HealthyExpected:N0} delivered");
            }
        }

        var run = new Run(seconds, runner.ProcessorTime.TotalSeconds);
        Progress.Say($"{title}: {run.Seconds:0.00} s");
        if (sick && world.SlowNeverDialled > 0) throw new BenchmarkException($"{world.SlowNeverDialled} of the slow destinations were never dialled");
        return run;
    }

    private static CancellationTokenSource Limited(TimeSpan limit, CancellationToken ct)
    {
        var limited = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limited.CancelAfter(limit);
        return limited;
    }

    private static Run MedianOf(IReadOnlyList<Run> runs) => new(Median(runs, run => run.Seconds), Median(runs, run => run.ProcessorSeconds));

    private static double Median(IReadOnlyList<Run> runs, Func<Run, double> figure)
    {
        var sorted = runs.Select(figure).Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <param name="Seconds">Infinite when the healthy ones did not get all in time.</param>
    private sealed record Run(double Seconds, double ProcessorSeconds)
    {
        public override string ToString() => $"{Seconds:0.00} | {ProcessorSeconds:0.00}";
    }

    /// <summary>The 200 next hops, each an address of its own on loopback: first the healthy, then the slow, then the dead.</summary>
    private sealed class World : IAsyncDisposable
    {
        private const int Port = 2625; // on 127.25.0.0/16, which nobody else uses
        private const int Healthy = Destinations - Dead - Slow;
        private readonly List<SmtpSink> sinks = [];
        private readonly List<SilentHost> dead = [];
        private readonly TaskCompletionSource<long> last = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int taken;

        /// <summary>Ends with the last message; answers the time stamp of that.</summary>
        public Task<long> HealthyHaveAll => last.Task;

        public int HealthyTaken => Volatile.Read(ref taken);

        public int HealthyExpected => Healthy * MessagesEach;

        public int SlowNeverDialled => sinks.Skip(Healthy).Count(slow => slow.Connections == 0);

        public static async Task<World> OpenAsync(CancellationToken ct)
        {
            var world = new World();
            try
            {
                for (var number = 0; number < Healthy; number++) world.sinks.Add(new SmtpSink(Address(number), TimeSpan.Zero, world.Take));
                for (var number = Healthy; number < Healthy + Slow; number++) world.sinks.Add(new SmtpSink(Address(number), SlowReply, () => { }));
                for (var number = Healthy + Slow; number < Destinations; number++) world.dead.Add(await SilentHost.OpenAsync(Address(number), ct));
                return world;
            }
            catch
            {
                await world.DisposeAsync();
                throw;
            }
        }

        public IEnumerable<string> Routes() => Enumerable.Range(0, Destinations).Select(number => $"route={Domain(number)}:{Address(number)}");

        /// <summary>Whom mail is for, one entry a message, all destinations mixed.</summary>
        public IReadOnlyList<string> Recipients(bool sick)
        {
            var recipients = Enumerable.Range(0, (sick ? Destinations : Healthy) * MessagesEach)
                .Select(message => $"bob@{Domain(message / MessagesEach)}").ToArray();
            new Random(Shuffle).Shuffle(recipients);
            return recipients;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var host in dead) host.Dispose();
            foreach (var sink in sinks) await sink.DisposeAsync();
        }

        private static string Domain(int number) => $"d{number:000}.example";

        private static IPEndPoint Address(int number) => new(new IPAddress([127, 25, 0, (byte)(number + 1)]), Port);

        private void Take()
        {
            if (Interlocked.Increment(ref taken) == HealthyExpected) last.TrySetResult(TimeProvider.System.GetTimestamp());
        }
    }
}

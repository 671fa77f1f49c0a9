using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>
/// Under mixed load, for as long as it takes, nothing grows that should not: memory, descriptors, write-ahead log, store, journal. Finished mail goes
/// at once (<c>keep-content=0s</c>, <c>keep-history=0s</c>), so that what grows all the same is not what was meant to stay.
/// </summary>
public sealed class SoakTests
{
    private const long Megabyte = 1024 * 1024;
    private const int TicksOfSecond = 4, TicksOfStart = 15 * TicksOfSecond, LastTickWithoutRunner = 40 * TicksOfSecond, LastTickOfBacklog = 60 * TicksOfSecond,
        TicksBetweenStats = 10;

    /// <summary>Accepted without a runner, as fast as it goes: a log that nobody checkpoints would be longer than it may.</summary>
    private const long WithoutRunner = 300 * Megabyte;

    /// <summary>Messages on their way when all goes well: 30 % wait a second.</summary>
    private const int UsuallyOpen = 100;

    /// <summary>Promised by the store's design. Measured: 64 to 71 MB, with and without the runner.</summary>
    private const long MostWal = 256 * Megabyte;

    // By how much the highest point of the last third may be above that of the second. A heap swings with its collector and keeps buffers for the next large
    // content: measured within 22 minutes (77,563 messages, a machine busy with other things as well) listener 29 to 38, runner 45 to 59 once its backlog
    // was gone, deliverer 23 to 30 MB; the highest points of two thirds were 4 MB apart at most. A third has 400 messages or more in 90 s, and 144,000 in
    // 2 h, so what is found is 40 KB a message, or 116 octets.
    private const long MostMemoryRise = 16 * Megabyte;

    // Sessions come and go: listener 32 to 33, runner 37 to 63, deliverer 11 to 19; the highest points of two thirds differed by 3 at most.
    private const long MostHandleRise = 16;

    // Of the octets and the messages of the last third, store and journal may have kept such a part, beside what has not come yet. Measured: no octet, since
    // the backlog has left more room than new mail needs; and 0.07 facts a message, which tell of removals and stay. A message that is not removed has 6 facts.
    // In 90 s what the backlog has left may still be removed, at the pace that other things on the machine allow; that must be faster than two thirds of mail.
    private const int LeastPartOfOctets = 20, LeastPartOfFacts = 4, MostFactsBriefly = 2;
    private const int FactsOfOpen = 8;

    private readonly Torture torture = new();
    private readonly List<SoakSample> samples = [];
    private readonly List<long> facts = [];

    /// <summary>Messages a second, 4 or 8 MB: two cores take it with time to spare, also when others have them too.</summary>
    private double Pace => torture.IsLong ? 60 : 30;

    [Fact]
    public async Task Under_mixed_load_everything_levels_off_and_the_ledger_balances()
    {
        await using var scene = new SoakScene(torture.Seed, "keep-content=0s", "keep-history=0s");
        await scene.StartAsync(Pace);
        await SoakAsync(scene, () => torture.Rounds < TicksOfStart);

        await scene.StopRunnerAsync();
        scene.Pace = double.PositiveInfinity;
        var enough = scene.Ledger.AcknowledgedOctets + WithoutRunner;
        await SoakAsync(scene, () => scene.Ledger.AcknowledgedOctets < enough && torture.Rounds < LastTickWithoutRunner);
        scene.Pace = Pace;
        await scene.StartRunnerAsync();
        await SoakAsync(scene, () => scene.Ledger.Open > UsuallyOpen && torture.Rounds < LastTickOfBacklog);

        var (firstSample, firstFacts) = (samples.Count, facts.Count);
        await SoakAsync(scene, () => true);
        Tell(scene);
        await scene.BalanceAsync();
        await Eventually.HoldsAsync(
            () => scene.StatsAsync().Result, left => left.ContentOctets == 0 && left.Facts <= scene.Ledger.Acknowledged / LeastPartOfFacts, _ => true,
            () => $"no contents and no histories of finished mail\n{scene.Runner!.Said}");
        JudgeLoad(scene.Ledger);
        JudgeLevels(samples[firstSample..], facts[firstFacts..]);
    }

    private async Task SoakAsync(SoakScene scene, Func<bool> goesOn)
    {
        using var ticks = new PeriodicTimer(TimeSpan.FromSeconds(1) / TicksOfSecond, TimeProvider.System);
        while (goesOn() && torture.GoesOn(usually: 90 * TicksOfSecond, most: 7_200 * TicksOfSecond))
        {
            await ticks.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            samples.Add(scene.Sample());
            Assert.True(samples[^1].Wal < MostWal, $"{samples[^1]} (seed {torture.Seed})");
            if (torture.Rounds % TicksBetweenStats == 0) facts.Add((await scene.StatsAsync()).Facts);
            if (torture.IsLong && torture.Rounds % (60 * TicksOfSecond) == 0) Tell(scene);
        }
    }

    /// <summary>The load was what it is said to be.</summary>
    private static void JudgeLoad(SoakLedger ledger)
    {
        Assert.InRange(ledger.Deferred, ledger.Acknowledged * 28 / 100, ledger.Acknowledged * 32 / 100);
        Assert.InRange(ledger.Bounced, ledger.Acknowledged * 4 / 100, ledger.Acknowledged * 6 / 100);
        Assert.InRange(ledger.Refused + ledger.Broken, 0, ledger.Acknowledged / 100); // nobody was told to refuse mail; a machine that is very busy may
    }

    private void JudgeLevels(List<SoakSample> level, List<long> facts)
    {
        foreach (var (name, of) in (IReadOnlyList<(string, Func<SoakSample, Footprint>)>)
            [("listener", sample => sample.Listener), ("runner", sample => sample.Runner!), ("deliverer", sample => sample.Deliverer!)])
        {
            MustNotRise($"memory of the {name}", [.. level.Select(sample => of(sample).Resident)], MostMemoryRise);
            MustNotRise($"descriptors of the {name}", [.. level.Select(sample => (long)of(sample).Handles)], MostHandleRise);
        }
        List<SoakSample> last = [.. Level.Last(level)];
        MustNotRise(
            "the store", [.. level.Select(sample => sample.Store)],
            (last[^1].AcknowledgedOctets - last[0].AcknowledgedOctets) / LeastPartOfOctets + last.Max(sample => sample.OpenOctets));
        MustNotRise(
            "facts in the journal", facts,
            FactsKeptOf(last[^1].Acknowledged - last[0].Acknowledged) + FactsOfOpen * last.Max(sample => sample.Open));
    }

    private long FactsKeptOf(long messages) => torture.IsLong ? messages / LeastPartOfFacts : messages * MostFactsBriefly;

    private static void MustNotRise(string what, IReadOnlyList<long> series, long most)
    {
        var rise = Level.RiseOf(series);
        TestContext.Current.SendDiagnosticMessage($"{what}: {Level.HeightOf(series)}, then {rise:+#;-#;0} (at most {most})");
        Assert.True(rise <= most, $"{what} rose from {Level.HeightOf(series)} by {rise}; at most {most} was to be expected: {string.Join(' ', series)}");
    }

    private void Tell(SoakScene scene) => TestContext.Current.SendDiagnosticMessage(
        $"{samples[^1]}; {facts.LastOrDefault()} facts; {scene.Ledger.Deferred} deferred, {scene.Ledger.Bounced} bounced, {scene.Ledger.Refused} refused, "
        + $"{scene.Ledger.Broken} sessions broken; longest log {samples.Max(sample => sample.Wal)}");
}

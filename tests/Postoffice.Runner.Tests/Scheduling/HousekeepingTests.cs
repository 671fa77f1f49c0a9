using Microsoft.Extensions.Logging.Abstractions;
using Postoffice.Runner.Scheduling;
using Postoffice.Store.Retention;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Scheduling;

public sealed class HousekeepingTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly JumpyClock clock = new(Cast.Noon);
    private readonly SteadyClock age;
    private readonly TempStore temp;
    private readonly CancellationTokenSource stop = new();
    private readonly CancellationToken ct = TestContext.Current.CancellationToken;
    private volatile bool isBusy;
    private volatile int lateSteps;

    public HousekeepingTests()
    {
        temp = new TempStore(clock);
        age = new SteadyClock(clock);
    }

    public void Dispose()
    {
        stop.Dispose();
        temp.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Old_content_goes_also_while_deliveries_never_pause(bool busy)
    {
        isBusy = busy;
        var id = await temp.Store.DeliverAsync(ct);
        clock.Advance(TimeSpan.FromDays(8));

        var running = await StartAsync();
        await UntilAsync(async () => await temp.Store.Content.OpenAsync(id, ct) is null);

        Assert.NotEqual(0, lateSteps);
        await stop.CancelAsync();
        await running;
    }

    /// <summary>64 messages a step, of four steps a second that catching up and removals of other kinds shared: less than a busy server takes.</summary>
    [Fact]
    public async Task Removals_keep_up_with_much_mail_while_deliveries_never_pause()
    {
        isBusy = true;
        await Task.WhenAll(Enumerable.Range(0, 640).Select(_ => temp.Store.DeliverAsync(ct)));
        await temp.Store.CatchUpAsync(ct);
        clock.Advance(TimeSpan.FromDays(8));

        var running = await StartAsync();
        var began = clock.GetTimestamp();
        await UntilAsync(async () => await temp.Store.SqlAsync("SELECT count(*) FROM content") == 0, each: TimeSpan.FromMilliseconds(0.2));

        Assert.True(clock.GetElapsedTime(began) < TimeSpan.FromSeconds(1), $"{clock.GetElapsedTime(began)}");
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_clock_that_jumps_ahead_removes_nothing_that_is_not_old()
    {
        var old = await temp.Store.DeliverAsync(ct);
        clock.Advance(TimeSpan.FromDays(8));
        var young = await temp.Store.DeliverAsync(ct);
        age.GetUtcNow();
        clock.Jump = TimeSpan.FromDays(8);

        var running = await StartAsync();
        await UntilAsync(async () => await temp.Store.Content.OpenAsync(old, ct) is null);
        var steps = lateSteps;
        await UntilAsync(() => Task.FromResult(lateSteps > steps + 300)); // a quarter of a second each, and a minute between removals

        await using var kept = await temp.Store.Content.OpenAsync(young, ct);
        Assert.NotNull(kept);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_surprise_in_one_round_does_not_end_the_rounds()
    {
        var id = await temp.Store.DeliverAsync(ct);
        await temp.Store.CatchUpAsync(ct);
        await temp.Store.SqlAsync("INSERT INTO mail (queue_id, version, accepted_at_ms, sender, size, protocol, open, finished_at_ms) VALUES ('no queue id', 1, 0, '', 0, 'ESMTP', 0, 0)");
        clock.Advance(TimeSpan.FromDays(8));

        var running = await StartAsync();
        await UntilAsync(async () => await temp.Store.Events.LastPositionAsync(ct) >= 3 && Lag() == 0);
        await temp.Store.SqlAsync("DELETE FROM mail WHERE queue_id = 'no queue id'");
        await UntilAsync(async () => await temp.Store.Content.OpenAsync(id, ct) is null);

        await stop.CancelAsync();
        await running;
    }

    private async Task<Task> StartAsync()
    {
        var lease = await temp.Store.Leases.TryClaimAsync(0, "test", TimeSpan.FromMinutes(1), ct);
        var sweeps = new SweepRounds(temp.Store, (_, _, _) => Task.FromResult<int?>(0), () => true, clock, NullLogger.Instance);
        return new Housekeeping(temp.Store, lease!, () => new RetentionSettings(), Late, sweeps, () => isBusy, clock, age, NullLogger.Instance).RunAsync(stop.Token);
    }

    private Task<bool> Late(CancellationToken token)
    {
        lateSteps++;
        return Task.FromResult(false);
    }

    private long Lag() => temp.Store.Projections.List().Max(projection => projection.Lag);

    /// <summary>Lets the rounds go by, each when the one before has had its turn at the store.</summary>
    private async Task UntilAsync(Func<Task<bool>> isSo, TimeSpan? each = null)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!await isSo())
        {
            limit.Token.ThrowIfCancellationRequested();
            clock.Advance(each ?? TimeSpan.FromSeconds(1));
            await temp.Store.SqlAsync("SELECT 0");
        }
    }
}

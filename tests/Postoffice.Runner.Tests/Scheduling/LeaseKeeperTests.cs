using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Postoffice.Runner.Scheduling;
using Postoffice.Store.Leases;

namespace Postoffice.Runner.Tests.Scheduling;

public sealed class LeaseKeeperTests
{
    /// <summary>The promise to operators: 15 s at most from the death, or the pause, of one runner to the work of the next.</summary>
    [Fact]
    public async Task The_next_runner_holds_the_partition_within_15_seconds_of_the_last_sign_of_the_first()
    {
        var clock = new TimerCounter();
        var leases = new OnePartition(clock);
        using var death = new CancellationTokenSource();
        var first = Keeper("first");
        var lease = await first.ClaimAsync(_ => { }, default);
        var keeping = first.KeepAsync(lease, death.Token);
        var waits = new List<string>();
        var claiming = Keeper("second").ClaimAsync(waits.Add, default);
        await PassAsync(TimeSpan.FromMinutes(1), () => false);
        Assert.False(claiming.IsCompleted, "the first renews");
        Assert.Equal(["first"], waits);

        leases.Renewed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await PassAsync(TimeSpan.FromMinutes(1), () => leases.Renewed.Task.IsCompleted); // the worst moment to die: a term has just begun
        await death.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => keeping);
        var died = clock.GetUtcNow();
        await PassAsync(TimeSpan.FromMinutes(1), () => leases.Owner == "second");

        Assert.NotEqual(lease.Token, (await claiming).Token);
        Assert.InRange(clock.GetUtcNow() - died, TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(15));

        LeaseKeeper Keeper(string owner) => new(leases, owner, clock, NullLogger.Instance);

        // A second at a time, and on when the second keeper, which asks every second, waits for the clock again.
        async Task PassAsync(TimeSpan limit, Func<bool> until)
        {
            for (var passed = TimeSpan.Zero; passed < limit && !until(); passed += TimeSpan.FromSeconds(1))
            {
                var timers = clock.Timers;
                clock.Advance(TimeSpan.FromSeconds(1));
                while (clock.Timers == timers && leases.Owner != "second") await Task.Yield();
            }
        }
    }

    private sealed class TimerCounter : FakeTimeProvider
    {
        private int timers;

        public int Timers => Volatile.Read(ref timers);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            Interlocked.Increment(ref timers);
            return timer;
        }
    }

    /// <summary>The contract of <see cref="ILeases"/> on the test's clock; the store's own runs on CLOCK_BOOTTIME.</summary>
    private sealed class OnePartition(FakeTimeProvider clock) : ILeases
    {
        private long token;
        private DateTimeOffset until = DateTimeOffset.MinValue;

        public string? Owner { get; private set; }

        public TaskCompletionSource? Renewed { get; set; }

        public ValueTask<Lease?> TryClaimAsync(int partition, string owner, TimeSpan term, CancellationToken ct)
        {
            if (clock.GetUtcNow() < until) return ValueTask.FromResult<Lease?>(null);
            (Owner, until) = (owner, clock.GetUtcNow() + term);
            return ValueTask.FromResult<Lease?>(new Lease(partition, ++token));
        }

        public ValueTask<bool> RenewAsync(Lease lease, TimeSpan term, CancellationToken ct)
        {
            if (lease.Token != token) return ValueTask.FromResult(false);
            until = clock.GetUtcNow() + term;
            Renewed?.TrySetResult();
            return ValueTask.FromResult(true);
        }

        public ValueTask ReleaseAsync(Lease lease, CancellationToken ct) => ValueTask.CompletedTask;

        public ValueTask<string?> OwnerAsync(int partition, CancellationToken ct) => ValueTask.FromResult(Owner);
    }
}

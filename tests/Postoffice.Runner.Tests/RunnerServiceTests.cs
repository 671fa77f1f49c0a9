using Postoffice.Store.Events;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests;

/// <summary>How the service ends: by whichever part fails first or by being told to, within a limit, and with the lease released.</summary>
public sealed class RunnerServiceTests
{
    private const int Software = 70, TempFail = 75;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task SIGTERM_ends_it_within_its_limit_while_the_deliverer_hangs()
    {
        await using var rig = await ServiceRig.NewAsync("stop-wait=30s");
        await rig.StartAsync();
        rig.SignalDeliverer("STOP"); // as a system call that does not come back
        await rig.Store.AcceptAsync(default, null, "games@example.test");
        await rig.UntilAsync(() => rig.Deliverer.InFlight > 0, Step); // what has not come so far is not begun after SIGTERM

        rig.Stop();
        var (exitCode, took) = await rig.EndAsync();

        Assert.Equal(TempFail, exitCode);
        Assert.True(took >= TimeSpan.FromSeconds(30), $"{took}");
        Assert.Contains("still under way", rig.Said);
        Assert.NotNull(await ClaimAsync(rig)); // released
    }

    [Fact]
    public async Task A_deliverer_that_hangs_when_its_input_is_closed_is_not_waited_for_without_end()
    {
        await using var rig = await ServiceRig.NewAsync();
        rig.SignalDeliverer("STOP");

        await rig.Deliverer.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.False(rig.Deliverer.Ended.IsCompleted);
    }

    [Fact]
    public async Task A_fault_of_the_leases_keeper_ends_everything_at_once_and_the_lease_is_released()
    {
        await using var rig = await ServiceRig.NewAsync();
        await rig.StartAsync();
        await rig.Store.SqlAsync("CREATE TRIGGER broken BEFORE UPDATE ON lease WHEN NEW.until_boot_ms > 0 AND NEW.token = OLD.token BEGIN SELECT RAISE(ABORT, 'no renewal'); END");

        var (exitCode, _) = await rig.EndAsync();

        Assert.Equal(Software, exitCode);
        Assert.Contains("no renewal", rig.Said);
        await rig.Store.SqlAsync("DROP TRIGGER broken");
        Assert.NotNull(await ClaimAsync(rig));
    }

    [Fact]
    public async Task A_doorbell_that_cannot_be_bound_ends_it_with_a_sentence_and_the_lease_is_released()
    {
        await using var rig = await ServiceRig.NewAsync();
        Directory.CreateDirectory(rig.StorePath + ".bell"); // nothing can be renamed onto it
        await rig.StartAsync();

        var (exitCode, _) = await rig.EndAsync();

        Assert.Equal(Software, exitCode);
        Assert.Contains("doorbell", rig.Said);
        Assert.NotNull(await ClaimAsync(rig));
    }

    [Fact]
    public async Task The_deliverers_end_ends_it_and_frees_the_lease_for_the_next()
    {
        await using var rig = await ServiceRig.NewAsync();
        await rig.StartAsync();
        rig.SignalDeliverer("STOP");
        await rig.Store.AcceptAsync(default, null, "games@example.test");
        await rig.UntilAsync(() => rig.Service.Dispatcher!.InFlight > 0, Step);

        rig.SignalDeliverer("KILL");
        var (exitCode, _) = await rig.EndAsync();

        Assert.Equal(TempFail, exitCode);
        Assert.Contains("the deliverer ended with exit code 137", rig.Said);
        Assert.NotNull(await ClaimAsync(rig));
    }

    [Fact]
    public async Task Being_told_to_stop_with_nothing_under_way_ends_it_at_once_with_0()
    {
        await using var rig = await ServiceRig.NewAsync("stop-wait=30s");
        var running = await rig.StartAsync();

        rig.Stop();

        Assert.Equal(0, await running.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)); // with a clock that stands still
        Assert.NotNull(await ClaimAsync(rig));
    }

    [Fact]
    public async Task Mail_that_waits_follows_a_route_changed_by_a_reload()
    {
        await using var refusing = new ScriptedPeer("421 4.3.2 closing");
        await using var taking = new ScriptedPeer("220 hi", "250 peer", "250 ok", "250 ok", "354 go", "250 2.0.0 taken", "221 bye");
        await using var rig = await ServiceRig.NewAsync($"route=remote.example:127.0.0.1:{refusing.Port}");
        await rig.StartAsync();
        var id = await rig.Store.AcceptAsync(default, null, "bob@remote.example");
        await rig.UntilAsync(() => Ended(rig, id).Any(), Step);
        Assert.Equal(OutcomeKind.Deferred, Ended(rig, id).Single().Outcomes.Single().Result);

        rig.Configure($"route=remote.example:127.0.0.1:{taking.Port}");
        await rig.Service.ReloadAsync(rig.Load, default);
        rig.Clock.Advance(Step); // what was tried at the very instant of the wish has been tried for it
        await rig.Service.Dispatcher!.RunNowAsync((_, _) => true, default);
        await rig.UntilAsync(() => Ended(rig, id).Count() == 2, Step);

        Assert.Equal("250 2.0.0 taken", Ended(rig, id).Last().Outcomes.Single().Reply?.ToString());
    }

    [Fact]
    public async Task A_reload_names_the_lines_it_ignores_as_the_start_does()
    {
        await using var rig = await ServiceRig.NewAsync();
        await rig.StartAsync();

        rig.Configure("what is this");
        await rig.Service.ReloadAsync(rig.Load, default);

        Assert.Contains("the line is ignored", rig.Said);
        Assert.Contains("settings reloaded", rig.Said);
    }

    [Fact]
    public async Task A_reload_that_meets_a_surprise_says_so_and_the_old_settings_stay()
    {
        await using var rig = await ServiceRig.NewAsync();
        await rig.StartAsync();

        await rig.Service.ReloadAsync(() => throw new UnauthorizedAccessException("0600, and root's"), default);
        await rig.Service.ReloadAsync(() => throw new InvalidOperationException("a bug"), default);

        Assert.Contains("0600, and root's", rig.Said);
        Assert.Contains("a bug", rig.Said);
        Assert.DoesNotContain("settings reloaded", rig.Said);
    }

    [Fact]
    public async Task Of_two_reloads_the_later_is_in_force_however_long_the_first_takes()
    {
        await using var rig = await ServiceRig.NewAsync();
        await rig.StartAsync();
        using var begun = new ManualResetEventSlim();
        using var held = new ManualResetEventSlim();
        var order = new List<string>();
        var first = Task.Run(() => rig.Service.ReloadAsync(() => Load("first", () =>
        {
            begun.Set();
            held.Wait(TimeSpan.FromSeconds(20));
        }), default));
        Assert.True(begun.Wait(TimeSpan.FromSeconds(20)));
        var second = rig.Service.ReloadAsync(() => Load("second", () => { }), default);
        held.Set();
        await Task.WhenAll(first, second);

        Assert.Equal(["first", "second"], order);

        Store.Configuration.Settings Load(string which, Action first)
        {
            first();
            order.Add(which);
            return rig.Load();
        }
    }

    private static IEnumerable<AttemptEnded> Ended(ServiceRig rig, Store.Mail.QueueId id) =>
        rig.Store.Events.ReadAsync(StreamId.Message(id), 0, default).AsTask().GetAwaiter().GetResult().Select(recorded => recorded.Fact).OfType<AttemptEnded>();

    private static async Task<Store.Leases.Lease?> ClaimAsync(ServiceRig rig) =>
        await rig.Store.Leases.TryClaimAsync(0, "the next", TimeSpan.FromMinutes(1), default);
}

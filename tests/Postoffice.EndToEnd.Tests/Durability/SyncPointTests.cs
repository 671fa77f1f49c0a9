using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>
/// Each sync is a moment at which a program may die, or hear that the disk has trouble. strace puts either at the n-th sync of a thread, so no
/// moment is left to chance.
/// </summary>
public sealed class SyncPointTests
{
    private const int KilledBySignal = 128 + 9;
    private const int Progress = 10;
    private readonly Torture torture = new();

    /// <summary>The first ones are those of a start; later ones of each kind come again and again.</summary>
    private IEnumerable<int> Points => torture.IsLong ? Enumerable.Range(1, 30) : [1, 2, 3, 7, 15, 30];

    [Theory]
    [InlineData(LedgerScene.ListenerProgram)]
    [InlineData(LedgerScene.RunnerProgram)]
    public async Task The_ledger_balances_at_whichever_sync_a_service_is_killed(string program)
    {
        await using var scene = await StartAsync();
        foreach (var point in Points)
        {
            await scene[program].StopAsync();
            Assert.Equal(KilledBySignal, await scene.Begin(program, new SyncFault(scene.Site, $"signal=KILL:when={point}").Wrapper).EndAsync());
            await scene.StartAsync(program);
            await scene.AcknowledgedAsync(Progress);
        }
        await EndAsync(scene);
    }

    [Theory]
    [InlineData(LedgerScene.ListenerProgram)]
    [InlineData(LedgerScene.RunnerProgram)]
    public async Task The_ledger_balances_whichever_sync_fails(string program)
    {
        await using var scene = await StartAsync();
        foreach (var point in Points)
        {
            await scene[program].StopAsync();
            var fault = new SyncFault(scene.Site, $"error=EIO:when={point}");
            var service = scene.Begin(program, fault.Wrapper);
            await Eventually.HoldsAsync(() => fault.IsInjected, () => $"sync {point} of {program} that failed\n{service.Said}");
            await Eventually.HoldsAsync(() => service.HasExited || service.Said.Contains("ready", StringComparison.Ordinal), () => $"{program}, up or down\n{service.Said}");
            if (service.HasExited) await scene.StartAsync(program); // it need not start on a sick disk, but once up it mends itself
            await scene.AcknowledgedAsync(Progress);
            Assert.False(scene[program].HasExited, scene[program].Said);
        }
        await EndAsync(scene);
    }

    [Fact]
    public async Task A_rebuild_that_is_killed_at_any_sync_can_be_done_again()
    {
        await using var scene = await StartAsync();
        var killed = 0;
        foreach (var point in Points)
        {
            if (await RebuildAsync(scene, new SyncFault(scene.Site, $"signal=KILL:when={point}")) == KilledBySignal) killed++;
        }
        Assert.NotEqual(0, killed); // it may have fewer syncs than we have points
        (await scene.Site.PostofficeAsync("projection", "rebuild")).Succeeded();
        await EndAsync(scene);
    }

    [Fact]
    public async Task A_rebuild_whose_sync_fails_says_so_or_mends_itself()
    {
        await using var scene = await StartAsync();
        var failed = 0;
        foreach (var point in Points)
        {
            var fault = new SyncFault(scene.Site, $"error=EIO:when={point}");
            var status = await RebuildAsync(scene, fault);
            if (!fault.IsInjected) continue;
            failed++;
            if (status == 0) (await scene.Site.PostofficeAsync("projection", "verify")).Succeeded();
        }
        Assert.NotEqual(0, failed);
        (await scene.Site.PostofficeAsync("projection", "rebuild")).Succeeded();
        await EndAsync(scene);
    }

    private static async Task<LedgerScene> StartAsync()
    {
        var scene = new LedgerScene(Random.Shared.Next());
        await scene.StartListenerAsync();
        await scene.StartRunnerAsync();
        scene.StartClients();
        return scene;
    }

    private async Task EndAsync(LedgerScene scene)
    {
        await scene.BalanceAsync();
        TestContext.Current.SendDiagnosticMessage($"{Points.Count()} sync points, {scene.Ledger.Acknowledged} messages");
    }

    /// <returns>Its exit code, as a shell has it.</returns>
    private static async Task<int> RebuildAsync(LedgerScene scene, SyncFault fault)
    {
        await scene.AcknowledgedAsync(Progress);
        string[] command = [.. fault.Wrapper, Service.Program("postoffice"), "projection", "rebuild", "-C", scene.Site.Configuration];
        return (await Outcome.OfAsync(command[0], command[1..])).ExitCode;
    }
}

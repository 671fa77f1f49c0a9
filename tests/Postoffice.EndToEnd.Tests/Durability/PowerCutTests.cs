using Postoffice.Store;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>
/// A power cut takes what was not synced, which no kill does: services are stopped, the file systems of store and mailboxes forget, the services are
/// killed, the file systems are mounted again. What was acknowledged is still there.
/// </summary>
public sealed class PowerCutTests
{
    private const int Megabytes = 512;
    private const int Progress = 10; // messages acknowledged, and messages that came, between two cuts, at least
    private const int MostPagesBefore = 2_000; // of a checkpoint, before it is stopped: it begins when the log has 4,096 (16 MB)
    private const int SyncsOfMigration = 8; // the log's first, the library's own table, and a commit for each migration
    private readonly Torture torture = new();

    [Theory]
    [InlineData("ext4", 5)]
    [InlineData("xfs", 2)]
    public async Task The_ledger_balances_after_cut_upon_cut(string kind, int usually)
    {
        await using var scene = new LedgerScene(torture.Seed);
        using var store = Disk(kind, scene, "store");
        using var mail = Disk(kind, scene, "mail");
        await StartAsync(scene);
        scene.StartClients();
        while (torture.GoesOn(usually, most: 500))
        {
            await ProgressAsync(scene);
            await CutAsync(scene, store, mail);
            await StartAsync(scene);
        }
        await EndAsync(scene, $"cuts of {kind}");
    }

    [Fact]
    public async Task The_ledger_balances_when_only_the_store_or_only_the_mailboxes_lose_their_disk()
    {
        await using var scene = new LedgerScene(torture.Seed);
        using var store = Disk("ext4", scene, "store");
        using var mail = Disk("ext4", scene, "mail");
        await StartAsync(scene);
        scene.StartClients();
        while (torture.GoesOn(usually: 2, most: 500))
        {
            await ProgressAsync(scene);
            await CutAsync(scene, torture.Rounds % 2 == 0 ? store : mail);
            await StartAsync(scene);
        }
        await EndAsync(scene, "cuts of one disk");
    }

    /// <summary>The kernel may have dropped the pages whose sync failed; what is committed behind such a hole would be lost with the next cut.</summary>
    [Fact]
    public async Task The_ledger_balances_when_a_sync_fails_and_others_succeed_before_the_cut()
    {
        await using var scene = new LedgerScene(torture.Seed);
        using var store = Disk("ext4", scene, "store");
        var random = new Random(torture.Seed);
        await StartAsync(scene);
        scene.StartClients();
        while (torture.GoesOn(usually: 2, most: 500))
        {
            var fault = new SyncFault(scene.Site, $"error=EIO:when={random.Next(5, 30)}");
            await scene.Listener.StopAsync();
            await scene.StartListenerAsync(fault.Wrapper);
            await Eventually.HoldsAsync(() => fault.IsInjected, () => $"a sync that failed (seed {torture.Seed})\n{scene.Listener.Said}");
            await ProgressAsync(scene);
            await CutAsync(scene, store);
            await StartAsync(scene);
        }
        await EndAsync(scene, "cuts after a failed sync");
    }

    [Fact]
    public async Task A_backup_that_a_cut_interrupts_is_whole_or_not_there_and_the_store_is_unharmed()
    {
        await using var scene = new LedgerScene(torture.Seed);
        using var store = Disk("ext4", scene, "store");
        await StartAsync(scene);
        scene.StartClients();
        while (torture.GoesOn(usually: 2, most: 100))
        {
            await ProgressAsync(scene);
            var copy = Path.Join(store.Path, $"backup{torture.Rounds}.db");
            var pause = new SyncFault(scene.Site, "signal=STOP:when=1");
            string[] command = [.. pause.Wrapper, Service.Program("postoffice"), "store", "backup", copy, "-C", scene.Site.Configuration];
            await using var backup = Service.Start(command[0], command[1..]);
            await Eventually.HoldsAsync(() => pause.HasStopped, () => $"a backup that stands still in its first sync\n{backup.Said}");
            await CutAsync([.. Processes(scene), backup.Id], store);
            if (File.Exists(copy))
            {
                using var whole = MailStore.OpenForReading(new StoreOptions { Path = copy });
                Assert.True(whole.Check(progress: null, TestContext.Current.CancellationToken).IsClean);
            }
            await StartAsync(scene);
        }
        await EndAsync(scene, "cuts during a backup");
    }

    /// <summary>
    /// A checkpoint writes pages from the log into the database file, then syncs that, then lets the log begin anew. It is stopped behind any of
    /// these writes; what is there of them is on the disk by turns not at all, and all.
    /// </summary>
    [Fact]
    public async Task The_ledger_balances_when_a_cut_comes_in_the_middle_of_a_checkpoint()
    {
        await using var scene = new LedgerScene(torture.Seed);
        using var store = Disk("ext4", scene, "store");
        var random = new Random(torture.Seed);
        await StartAsync(scene);
        scene.StartClients();
        while (torture.GoesOn(usually: 2, most: 500))
        {
            await ProgressAsync(scene);
            await using var pause = new WritePause(scene.Site, [scene.Listener.Id, scene.Runner.Id], scene.Site.StorePath, random.Next(1, MostPagesBefore));
            await Eventually.HoldsAsync(() => pause.HasStopped, () => $"a checkpoint that stands still (seed {torture.Seed})\n{pause.Said}");
            if (torture.Rounds % 2 == 0) (await Outcome.OfAsync("sync", [scene.Site.StorePath])).Succeeded();
            await CutAsync(scene, store);
            await StartAsync(scene);
        }
        await EndAsync(scene, "cuts in a checkpoint");
    }

    /// <summary>Either service brings a store of an earlier release up to date, by several migrations, each a commit; then tables are folded again.</summary>
    [Theory]
    [InlineData(LedgerScene.ListenerProgram)]
    [InlineData(LedgerScene.RunnerProgram)]
    public async Task The_ledger_balances_when_a_cut_comes_in_the_middle_of_a_migration(string program)
    {
        await using var scene = new LedgerScene(torture.Seed);
        using var store = Disk("ext4", scene, "store");
        List<int> schemas = [];
        await StartAsync(scene);
        scene.StartClients();
        while (torture.GoesOn(usually: 3, most: 200))
        {
            await ProgressAsync(scene);
            Assert.Equal(0, await scene.Runner.StopAsync());
            await scene.AcknowledgedAsync(Progress);
            Assert.Equal(0, await scene.Listener.StopAsync());
            EarlierStore.Make(scene.Site.StorePath);
            (await Outcome.OfAsync("sync", ["--file-system", store.Path])).Succeeded();

            var pause = new SyncFault(scene.Site, $"signal=STOP:when={1 + torture.Rounds * 3 % SyncsOfMigration}");
            var service = scene.Begin(program, pause.Wrapper);
            await Eventually.HoldsAsync(() => pause.HasStopped, () => $"a migration that stands still in a sync (seed {torture.Seed})\n{service.Said}");
            schemas.Add(EarlierStore.SchemaOf(scene.Site.StorePath));
            await CutAsync([service.Id, .. service.Children()], store);
            await StartAsync(scene);
        }
        Assert.All(schemas, schema => Assert.InRange(schema, EarlierStore.Schema, EarlierStore.Newest - 1));
        Assert.Contains(schemas, schema => schema > EarlierStore.Schema);
        await EndAsync(scene, $"cuts in a migration by {program}, at schemas {string.Join(", ", schemas)}");
    }

    [Fact]
    public async Task Without_syncs_mail_is_lost_or_these_tests_see_nothing()
    {
        string[] withoutSyncs = ["/usr/bin/env", $"LD_PRELOAD={OutsideProgram.RequireLibrary("libeatmydata.so")}"];
        await using var scene = new LedgerScene(torture.Seed);
        using var store = Disk("ext4", scene, "store");
        await scene.StartListenerAsync(withoutSyncs);
        await scene.StartRunnerAsync(withoutSyncs);
        scene.StartClients();
        await scene.AcknowledgedAsync(Progress);
        await scene.StopClientsAsync();

        await CutAsync(scene, store);

        Assert.True(await LeftAsync(scene) < scene.Ledger.Acknowledged);
    }

    private static DiskImage Disk(string kind, LedgerScene scene, string folder) => new(kind, Megabytes, scene.Site.File(folder));

    private static async Task StartAsync(LedgerScene scene)
    {
        await scene.StartListenerAsync();
        await scene.StartRunnerAsync();
    }

    private static async Task ProgressAsync(LedgerScene scene)
    {
        await scene.AcknowledgedAsync(Progress);
        await scene.ArrivedAsync(Progress);
        await scene.AnyMomentAsync();
    }

    private async Task EndAsync(LedgerScene scene, string what)
    {
        await scene.BalanceAsync();
        TestContext.Current.SendDiagnosticMessage($"{torture.Rounds} {what}, {scene.Ledger.Acknowledged} messages");
    }

    private static Task CutAsync(LedgerScene scene, params IReadOnlyList<DiskImage> disks) => CutAsync(Processes(scene), disks);

    private static int[] Processes(LedgerScene scene) => [scene.Listener.Id, scene.Runner.Id, .. scene.Runner.Children()]; // the deliverer is a child

    /// <param name="processes">All that have files open there.</param>
    private static async Task CutAsync(IReadOnlyList<int> processes, params IReadOnlyList<DiskImage> disks)
    {
        await SignalAsync("STOP", processes);
        foreach (var disk in disks) disk.Cut();
        await SignalAsync("KILL", processes);
        foreach (var disk in disks) await disk.RestoreAsync();
    }

    private static async Task SignalAsync(string name, IEnumerable<int> processes) =>
        (await Outcome.OfAsync("kill", [$"-{name}", .. processes.Select(process => $"{process}")])).Succeeded();

    /// <summary>How many messages the store still has; none when it cannot even be opened.</summary>
    private static async Task<int> LeftAsync(LedgerScene scene)
    {
        var history = await scene.Site.PostofficeAsync("history", "--json");
        return history.ExitCode == 0 ? history.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length : 0;
    }
}

using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>A disk fills until not one octet is left, and is freed again: nothing acknowledged is lost, and nobody has to do anything.</summary>
public sealed class FullDiskTests
{
    private const int Progress = 10;

    [Fact]
    public async Task The_ledger_balances_on_a_disk_that_fills_and_is_freed_again()
    {
        var torture = new Torture();
        using var disk = new SmallFileSystem(megabytes: 96);
        await using var scene = new LedgerScene(torture.Seed, $"store={disk.Path}/store/postoffice.db", "minfree=0", "keep-content=0s");
        await scene.StartListenerAsync();
        await scene.StartRunnerAsync();
        scene.StartClients();
        while (torture.GoesOn(usually: 3, most: 200))
        {
            await scene.AcknowledgedAsync(Progress);
            await scene.AnyMomentAsync();
            disk.Fill();
            var wanted = scene.Ledger.Refused + Progress;
            await Eventually.HoldsAsync(() => scene.Ledger.Refused >= wanted, () => $"{wanted} refused messages\n{scene.Listener.Said}");
            disk.Free();
            await scene.AcknowledgedAsync(Progress);
        }
        await scene.BalanceAsync();
        TestContext.Current.SendDiagnosticMessage($"{torture.Rounds} times full, {scene.Ledger.Acknowledged} messages");
    }
}

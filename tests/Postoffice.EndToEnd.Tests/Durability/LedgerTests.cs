using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>Either service may be killed at any moment: what was acknowledged arrives as it was, and twice only where the journal says why.</summary>
public sealed class LedgerTests
{
    private const int Progress = 10; // messages acknowledged between two kills, at least

    [Fact]
    public async Task The_ledger_balances_after_kill_upon_kill()
    {
        var torture = new Torture();
        var random = new Random(torture.Seed);
        await using var scene = new LedgerScene(torture.Seed);
        await scene.StartListenerAsync();
        await scene.StartRunnerAsync();
        scene.StartClients();

        while (torture.GoesOn(usually: 25, most: 1_000))
        {
            await scene.AcknowledgedAsync(Progress);
            await scene.AnyMomentAsync();
            var victims = random.Next(1, 4);
            if ((victims & 1) != 0) await scene.Listener.KillAsync();
            if ((victims & 2) != 0) await scene.Runner.KillAsync();
            if ((victims & 1) != 0) await scene.StartListenerAsync();
            if ((victims & 2) != 0) await scene.StartRunnerAsync();
        }
        await scene.BalanceAsync();
        TestContext.Current.SendDiagnosticMessage($"{torture.Rounds} kills, {scene.Ledger.Acknowledged} messages");
    }
}

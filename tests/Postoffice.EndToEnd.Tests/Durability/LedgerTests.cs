using System.Buffers;
using System.Net;
using System.Text;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>Either service may be killed at any moment: what was acknowledged arrives as it was, and twice only where the journal says why.</summary>
public sealed class LedgerTests : IAsyncLifetime
{
    private const int Clients = 6;
    private const int Progress = 10; // messages acknowledged between two kills, at least
    private static readonly TimeSpan LongestMoment = TimeSpan.FromMilliseconds(50);

    private readonly Torture torture = new();
    private readonly Ledger ledger = new();
    private readonly CancellationTokenSource enough = new();
    private readonly SmtpSink hop;
    private readonly Site site;

    public LedgerTests()
    {
        var at = new IPEndPoint(IPAddress.Loopback, Site.FreePort());
        hop = new SmtpSink(at, TimeSpan.Zero, Take);
        site = new Site($"relay-host={at}");
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        enough.Dispose();
        await site.DisposeAsync();
        await hop.DisposeAsync();
    }

    [Fact]
    public async Task The_ledger_balances_after_kill_upon_kill()
    {
        var random = new Random(torture.Seed);
        var listener = await site.StartListenerAsync();
        var runner = await site.StartRunnerAsync();
        var clients = Enumerable.Range(0, Clients)
            .Select(number => new LedgerClient(site.Port, ledger, torture.Seed + number).RunAsync([Site.Address, "bob@remote.example"], enough.Token))
            .ToList();

        while (torture.GoesOn(usually: 25, most: 1_000))
        {
            var wanted = ledger.Acknowledged + Progress;
            await Eventually.HoldsAsync(() => ledger.Acknowledged >= wanted, () => $"{wanted} acknowledged messages (seed {torture.Seed}, kill {torture.Rounds})\n{listener.Said}");
            await Task.Delay(LongestMoment * random.NextDouble(), TimeProvider.System, CancellationToken.None); // any moment is as good
            var victims = random.Next(1, 4);
            if ((victims & 1) != 0) await listener.KillAsync();
            if ((victims & 2) != 0) await runner.KillAsync();
            if ((victims & 1) != 0) listener = await site.StartListenerAsync();
            if ((victims & 2) != 0) runner = await site.StartRunnerAsync();
        }
        await enough.CancelAsync();
        await Task.WhenAll(clients);

        for (var arrived = Arrived; arrived < ledger.Acknowledged; arrived = Arrived) // kills leave a backlog: any length, as long as it moves
        {
            await Eventually.HoldsAsync(() => Arrived > arrived, () => $"more than {arrived} of {ledger.Acknowledged} (seed {torture.Seed})\n{runner.Said}");
        }
        await Eventually.HoldsAsync(() => site.MailqAsync().Result.Contains("empty", StringComparison.Ordinal), () => $"an empty queue (seed {torture.Seed})");
        await ledger.BalanceAsync(Delivered(), async id => (await site.TraceAsync(id)).Contains("in doubt", StringComparison.Ordinal));
        (await site.PostofficeAsync("store", "check")).Succeeded();
        (await site.PostofficeAsync("projection", "verify")).Succeeded();
        TestContext.Current.SendDiagnosticMessage($"{torture.Rounds} kills, {ledger.Acknowledged} messages");
    }

    private void Take(ReadOnlySequence<byte> content) =>
        ledger.Relay($"{Encoding.Latin1.GetString(content)}\r\n".Replace("\r\n..", "\r\n.", StringComparison.Ordinal));

    private int Arrived => ledger.Relayed + (Directory.Exists(site.MaildirNew) ? Directory.EnumerateFiles(site.MaildirNew).Count() : 0);

    private IEnumerable<string> Delivered() => !Directory.Exists(site.MaildirNew)
        ? []
        : Directory.GetFiles(site.MaildirNew).Select(file => File.ReadAllText(file, Encoding.Latin1).Replace("\n", "\r\n", StringComparison.Ordinal));
}

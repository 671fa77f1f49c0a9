using System.Buffers;
using System.Net;
using System.Text.Json;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>What was measured at one moment.</summary>
/// <param name="Runner">Null while none runs; so is its deliverer.</param>
internal sealed record SoakSample(
    TimeSpan At, long Store, long Wal, Footprint Listener, Footprint? Runner, Footprint? Deliverer, long Acknowledged, long AcknowledgedOctets, int Open, long OpenOctets)
{
    public override string ToString() =>
        $"{At:hh\\:mm\\:ss} {Acknowledged} messages ({Mib(AcknowledgedOctets)}), {Open} open ({Mib(OpenOctets)}); store {Mib(Store)}, log {Mib(Wal)}; "
        + $"listener {Listener}, runner {Runner?.ToString() ?? "none"}, deliverer {Deliverer?.ToString() ?? "none"}";

    private static string Mib(long octets) => $"{octets >> 20} MiB";
}

/// <summary>
/// A site under mixed load: clients offer mail at a pace, a next hop puts off, refuses and takes it, the mailbox is read and emptied, and all of it
/// is in the ledger.
/// </summary>
internal sealed class SoakScene : IAsyncDisposable
{
    private const int Clients = 6;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50); // at the mailbox

    private readonly CancellationTokenSource enough = new(), empty = new();
    private readonly long began = TimeProvider.System.GetTimestamp();
    private readonly List<Task> clients = [];
    private readonly SmtpSink hop;
    private readonly int seed;
    private Task reading = Task.CompletedTask;
    private int messages;
    private double pace;

    /// <param name="seed">Where chance begins.</param>
    /// <param name="settings">Of the site.</param>
    public SoakScene(int seed, params IEnumerable<string> settings)
    {
        this.seed = seed;
        var at = new IPEndPoint(IPAddress.Loopback, Site.FreePort());
        hop = new SmtpSink(at, TimeSpan.Zero, content => Ledger.Relay([.. content.ToArray(), .. "\r\n"u8])) { Refusal = Refusal };
        Site = new Site([$"relay-host={at}", .. settings]);
    }

    public SoakLedger Ledger { get; } = new();

    public Site Site { get; }

    public Service Listener { get; private set; } = null!;

    /// <summary>Null while none runs.</summary>
    public Service? Runner { get; private set; }

    /// <summary>Messages a second that all clients offer together; infinite for as many as are taken.</summary>
    public double Pace { get => Volatile.Read(ref pace); set => Volatile.Write(ref pace, value); }

    public async Task StartAsync(double messagesPerSecond)
    {
        Listener = await Site.StartListenerAsync();
        await StartRunnerAsync();
        Pace = messagesPerSecond;
        clients.AddRange(Enumerable.Range(0, Clients).Select(client => new SoakClient(
            Site.Port, Ledger, seed + client, () => TimeSpan.FromSeconds(Clients / Pace), () => Interlocked.Increment(ref messages)).RunAsync(enough.Token)));
        reading = Task.Run(ReadMailboxAsync, CancellationToken.None);
    }

    public async Task StartRunnerAsync() => Runner = await Site.StartRunnerAsync();

    /// <summary>SIGTERM, and its end, which must be a good one.</summary>
    public async Task StopRunnerAsync()
    {
        var runner = Runner!;
        Runner = null;
        Assert.Equal(0, await runner.StopAsync());
    }

    public SoakSample Sample() => new(
        TimeProvider.System.GetElapsedTime(began), LengthOf(Site.StorePath), LengthOf($"{Site.StorePath}-wal"),
        Footprint.Of(Listener.Id), Runner is null ? null : Footprint.Of(Runner.Id), Runner is null ? null : Footprint.Of(Runner.Children().Single()),
        Ledger.Acknowledged, Ledger.AcknowledgedOctets, Ledger.Open, Ledger.OpenOctets);

    /// <summary>What <c>postoffice store stats</c> says of the journal and of contents.</summary>
    public async Task<(long Facts, long ContentOctets)> StatsAsync()
    {
        using var stats = JsonDocument.Parse((await Site.PostofficeAsync("store", "stats", "--json")).Succeeded());
        return (stats.RootElement.GetProperty("facts").GetInt64(), stats.RootElement.GetProperty("contentOctets").GetInt64());
    }

    /// <summary>Stops the clients, waits until the queue is empty, and holds the ledger against what came.</summary>
    public async Task BalanceAsync()
    {
        await enough.CancelAsync();
        await Task.WhenAll(clients);
        for (var open = Ledger.Open; Ledger.Owed > 0; open = Ledger.Open) // a backlog of any length, as long as it moves
        {
            await Eventually.HoldsAsync(() => Ledger.Open < open || Ledger.Owed == 0, () => $"fewer than {open} on their way (seed {seed})\n{Runner?.Said}");
        }
        await Eventually.HoldsAsync(() => Site.MailqAsync().Result.Contains("empty", StringComparison.Ordinal), () => $"an empty queue (seed {seed})");
        await empty.CancelAsync();
        await reading;
        Ledger.Balance();
        (await Site.PostofficeAsync("store", "check")).Succeeded();
        (await Site.PostofficeAsync("projection", "verify")).Succeeded();
    }

    public async ValueTask DisposeAsync()
    {
        await enough.CancelAsync();
        await empty.CancelAsync();
        await Site.DisposeAsync();
        await Task.WhenAll([.. clients, reading]);
        await hop.DisposeAsync();
        enough.Dispose();
        empty.Dispose();
    }

    private string? Refusal(string rcpt) => SoakMessage.Read(rcpt) switch
    {
        (Fate.Bounced, _) => "550 5.1.1 Nobody of that name",
        (Fate.Deferred, var token) when Ledger.PutsOff(token) => "451 4.3.0 Later",
        _ => null,
    };

    /// <summary>Reads what came to the mailbox and removes it, so that no disk fills however long this goes on.</summary>
    private async Task ReadMailboxAsync()
    {
        while (!empty.IsCancellationRequested)
        {
            foreach (var file in Directory.Exists(Site.MaildirNew) ? Directory.GetFiles(Site.MaildirNew) : [])
            {
                Ledger.Deliver(WithCarriageReturns(await File.ReadAllBytesAsync(file, CancellationToken.None)));
                File.Delete(file);
            }
            await Task.Delay(BetweenLooks, TimeProvider.System, empty.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static byte[] WithCarriageReturns(byte[] lines)
    {
        var octets = new byte[lines.Length + lines.AsSpan().Count((byte)'\n')];
        var at = 0;
        foreach (var octet in lines)
        {
            if (octet == '\n') octets[at++] = (byte)'\r';
            octets[at++] = octet;
        }
        return octets;
    }

    private static long LengthOf(string file) => File.Exists(file) ? new FileInfo(file).Length : 0;
}

using System.Buffers;
using System.Net;
using System.Text;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>
/// A site under load: six clients offer mail, half of it for a mailbox and half for a next hop that records what it takes, and keep the ledger,
/// whatever a test does to the services meanwhile.
/// </summary>
internal sealed class LedgerScene : IAsyncDisposable
{
    public const string ListenerProgram = "postoffice-smtpd", RunnerProgram = "postoffice-runner";
    private const int Clients = 6;
    private static readonly TimeSpan LongestMoment = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource enough = new();
    private readonly SmtpSink hop;
    private readonly List<Task> clients = [];
    private readonly Random random;
    private readonly int seed;

    /// <param name="seed">Where chance begins.</param>
    /// <param name="settings">Of the site.</param>
    public LedgerScene(int seed, params IEnumerable<string> settings)
    {
        this.seed = seed;
        random = new Random(seed);
        var at = new IPEndPoint(IPAddress.Loopback, Site.FreePort());
        hop = new SmtpSink(at, TimeSpan.Zero, Take);
        Site = new Site([$"relay-host={at}", .. settings]);
    }

    public Ledger Ledger { get; } = new();

    public Site Site { get; }

    /// <summary>The one that was started last.</summary>
    public Service Listener { get; private set; } = null!;

    /// <inheritdoc cref="Listener"/>
    public Service Runner { get; private set; } = null!;

    /// <summary>Messages that came, to the mailbox or the next hop.</summary>
    public int Arrived => Ledger.Relayed + (Directory.Exists(Site.MaildirNew) ? Directory.EnumerateFiles(Site.MaildirNew).Count() : 0);

    /// <summary>One of them by the name of its program.</summary>
    public Service this[string program] => program == ListenerProgram ? Listener : Runner;

    public Task StartListenerAsync(params IReadOnlyList<string> wrapper) => StartAsync(ListenerProgram, wrapper);

    public Task StartRunnerAsync(params IReadOnlyList<string> wrapper) => StartAsync(RunnerProgram, wrapper);

    /// <summary>Starts one of them and waits until it is ready.</summary>
    public Task StartAsync(string program, params IReadOnlyList<string> wrapper) => Begin(program, wrapper).SaysAsync("ready");

    /// <summary>Starts one of them.</summary>
    /// <param name="wrapper">As <see cref="EndToEnd.Site.Begin"/> has it.</param>
    public Service Begin(string program, params IReadOnlyList<string> wrapper)
    {
        var service = Site.Begin(program, wrapper);
        if (program == ListenerProgram) Listener = service;
        else Runner = service;
        return service;
    }

    public void StartClients() => clients.AddRange(Enumerable.Range(0, Clients)
        .Select(number => new LedgerClient(Site.Port, Ledger, seed + number).RunAsync([Site.Address, "bob@remote.example"], enough.Token)));

    /// <summary>Waits until so many more have been acknowledged.</summary>
    public Task AcknowledgedAsync(int more)
    {
        var wanted = Ledger.Acknowledged + more;
        return Eventually.HoldsAsync(() => Ledger.Acknowledged >= wanted, () => $"{wanted} acknowledged messages (seed {seed})\n{Listener.Said}");
    }

    /// <summary>Waits until so many more have come.</summary>
    public Task ArrivedAsync(int more)
    {
        var wanted = Arrived + more;
        return Eventually.HoldsAsync(() => Arrived >= wanted, () => $"{wanted} messages that came (seed {seed})\n{Runner.Said}");
    }

    /// <summary>Lets up to 50 ms pass: any moment is as good.</summary>
    public Task AnyMomentAsync() => Task.Delay(LongestMoment * random.NextDouble(), TimeProvider.System, CancellationToken.None);

    public async Task StopClientsAsync()
    {
        await enough.CancelAsync();
        await Task.WhenAll(clients);
    }

    /// <summary>Stops the clients, waits until the queue is empty, and holds the ledger against what came.</summary>
    public async Task BalanceAsync()
    {
        await StopClientsAsync();
        for (var arrived = Arrived; arrived < Ledger.Acknowledged; arrived = Arrived) // a backlog of any length, as long as it moves
        {
            await Eventually.HoldsAsync(() => Arrived > arrived, () => $"more than {arrived} of {Ledger.Acknowledged} (seed {seed})\n{Runner.Said}");
        }
        await Eventually.HoldsAsync(() => Site.MailqAsync().Result.Contains("empty", StringComparison.Ordinal), () => $"an empty queue (seed {seed})");
        await Ledger.BalanceAsync(Delivered(), async id => (await Site.TraceAsync(id)).Contains("in doubt", StringComparison.Ordinal));
        (await Site.PostofficeAsync("store", "check")).Succeeded();
        (await Site.PostofficeAsync("projection", "verify")).Succeeded();
    }

    /// <summary>Contents of the mailbox, with CRLF.</summary>
    public IEnumerable<string> Delivered() => !Directory.Exists(Site.MaildirNew)
        ? []
        : Directory.GetFiles(Site.MaildirNew).Select(file => File.ReadAllText(file, Encoding.Latin1).Replace("\n", "\r\n", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        await enough.CancelAsync();
        await Site.DisposeAsync();
        await Task.WhenAll(clients);
        await hop.DisposeAsync();
        enough.Dispose();
    }

    private void Take(ReadOnlySequence<byte> content) =>
        Ledger.Relay($"{Encoding.Latin1.GetString(content)}\r\n".Replace("\r\n..", "\r\n.", StringComparison.Ordinal));
}

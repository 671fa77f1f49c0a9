using System.Net;
using System.Threading.Channels;
using Postoffice.Runner.Scheduling;
using Postoffice.Runner.Transports;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Tests.Peers;

/// <summary>A host of the world, with its whims one after another, from the start again when they are used up.</summary>
internal sealed class FickleHost(FickleWorld world, Whim[] whims)
{
    private static readonly string[] Dialects =
        ["", "250-PIPELINING\r\n", "250-PIPELINING\r\n250-CHUNKING\r\n250-DSN\r\n", "250-STARTTLS\r\n", "250-PIPELINING\r\n250-DSN\r\n"];

    private int next = -1, dialect = -1;

    public FickleWorld World => world;

    public Whim Next() => whims[Interlocked.Increment(ref next) % whims.Length];

    /// <summary>What it offers this time.</summary>
    public string Offers() => Dialects[Interlocked.Increment(ref dialect) % Dialects.Length];
}

/// <summary>
/// All the servers there are. Where every attempt under way waits for one that has fallen silent, time goes by: nothing else would end the wait.
/// </summary>
internal sealed class FickleWorld : IDialer, IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(30);
    private const int LongestWait = 20; // steps: the ten minutes of the final dot, the longest time limit there is

    private readonly Dictionary<IPAddress, FickleHost> hosts = [];
    private readonly Dictionary<string, int> taken = [];
    private readonly Channel<bool> changes = Channel.CreateUnbounded<bool>();
    private readonly Lock gate = new();
    private readonly Task passing;
    private TaskCompletionSource? stall; // somebody waits for the next one; meanwhile no time goes by
    private int attempts, silences, change;

    public FickleWorld(JumpyClock clock, params IReadOnlyList<Whim[]> whims)
    {
        Clock = clock;
        for (var i = 0; i < whims.Count; i++) hosts[Address(i)] = new FickleHost(this, whims[i]);
        clock.TimerMade = () => Changed(0, 0); // a time limit may have begun only now
        passing = PassAsync();
    }

    public JumpyClock Clock { get; }

    public static IPAddress Address(int host) => new([192, 0, 2, (byte)(host + 1)]);

    /// <summary>How often somebody said 250 to a message for this address, or kept it without a word.</summary>
    public int TakenFor(string address)
    {
        lock (gate) return taken.GetValueOrDefault(address);
    }

    public void Take(IEnumerable<string> recipients)
    {
        lock (gate)
        {
            foreach (var address in recipients) taken[address] = taken.GetValueOrDefault(address) + 1;
        }
    }

    public Task<(PeerLine? Line, string? Refused)> DialAsync(IPEndPoint peer, CancellationToken ct)
    {
        var host = hosts[peer.Address];
        if (host.Next() is Whim.Later or Whim.Never) return Task.FromResult<(PeerLine?, string?)>((null, "Connection refused"));
        var session = new FicklePeer(host);
        return Task.FromResult<(PeerLine?, string?)>((new PeerLine(session, () => session.HasInput), null));
    }

    /// <summary>The same transport, whose attempts under way are known here.</summary>
    public ITransport Watched(ITransport transport) => new WatchedTransport(this, transport);

    /// <summary>Ends when every attempt under way hangs on a silent peer. No time goes by until <see cref="GoOn"/>.</summary>
    public Task NextStall()
    {
        lock (gate) stall = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Changed(0, 0);
        return stall.Task;
    }

    public void GoOn()
    {
        lock (gate) stall = null;
        Changed(0, 0);
    }

    /// <summary>A client waits for a peer that will say nothing.</summary>
    public void Awaited() => Changed(0, 1);

    public void NoLongerWaitedFor() => Changed(0, -1);

    public override string ToString() =>
        $"{attempts} attempts under way, {silences} with a silent peer{(stall is null ? "" : ", time stands still")}";

    public async ValueTask DisposeAsync()
    {
        changes.Writer.Complete();
        await passing;
    }

    private void Changed(int moreAttempts, int moreSilences)
    {
        lock (gate) (attempts, silences, change) = (attempts + moreAttempts, silences + moreSilences, change + 1);
        changes.Writer.TryWrite(true);
    }

    private async Task PassAsync()
    {
        while (await changes.Reader.WaitToReadAsync())
        {
            while (changes.Reader.TryRead(out _)) { }
            var seen = Volatile.Read(ref change);
            // When the longest limit is over a change comes, if it has not come yet.
            for (var steps = 0; steps < LongestWait && IsStalled(seen); steps++) Clock.Advance(Step);
        }
    }

    private bool IsStalled(int seen)
    {
        lock (gate)
        {
            var isStalled = silences > 0 && silences == attempts && seen == change;
            if (isStalled) stall?.TrySetResult();
            return isStalled && stall is null;
        }
    }

    private sealed class WatchedTransport(FickleWorld world, ITransport transport) : ITransport
    {
        public async Task<AttemptReport?> DeliverAsync(Attempt attempt, CancellationToken ct)
        {
            world.Changed(1, 0);
            try
            {
                return await transport.DeliverAsync(attempt, ct);
            }
            finally
            {
                world.Changed(-1, 0);
            }
        }
    }
}

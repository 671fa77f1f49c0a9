using System.Net;
using System.Net.Sockets;
using Postoffice.Testing;

namespace Postoffice.Benchmarks.NextHops;

/// <summary>The 200 next hops, each an address of its own on loopback: first the healthy, then the slow, then the dead.</summary>
internal sealed class World : IAsyncDisposable
{
    public const int Destinations = 200, Dead = 20, Slow = 20, MessagesEach = 50;
    public const int Messages = Destinations * MessagesEach, HealthyExpected = Healthy * MessagesEach;
    public static readonly TimeSpan SlowReply = TimeSpan.FromSeconds(5);
    private const int Port = 2625; // on 127.25.0.0/16, which nobody else uses
    private const int Healthy = Destinations - Dead - Slow;
    private const int Shuffle = 20; // any seed: each run has the same order
    private readonly List<SmtpSink> sinks = [];
    private readonly List<IDisposable> dead = [];
    private readonly TaskCompletionSource<long> last = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int taken;

    private World()
    {
    }

    /// <summary>Ends with the last message; answers the time stamp of that.</summary>
    public Task<long> HealthyHaveAll => last.Task;

    public int HealthyTaken => Volatile.Read(ref taken);

    public int SlowNeverDialled => sinks.Skip(Healthy).Count(slow => slow.Connections == 0);

    public static async Task<World> OpenAsync(Sickness sickness, CancellationToken ct)
    {
        var world = new World();
        try
        {
            for (var number = 0; number < Healthy; number++) world.sinks.Add(new SmtpSink(Address(number), TimeSpan.Zero, _ => world.Take()));
            for (var number = Healthy; number < Healthy + Slow; number++) world.sinks.Add(new SmtpSink(Address(number), SlowReply, _ => { }));
            for (var number = Healthy + Slow; number < Destinations; number++)
            {
                world.dead.Add(number >= Destinations - sickness.Refusing ? Refusing(Address(number)) : await SilentHost.OpenAsync(Address(number), ct));
            }

            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    public static IEnumerable<string> Routes() => Enumerable.Range(0, Destinations).Select(number => $"route={Domain(number)}:{Address(number)}");

    /// <summary>Whom mail is for, one entry a message, all destinations mixed.</summary>
    public static IReadOnlyList<string> Recipients(bool sick)
    {
        var recipients = Enumerable.Range(0, sick ? Messages : HealthyExpected).Select(message => $"bob@{Domain(message / MessagesEach)}").ToArray();
        new Random(Shuffle).Shuffle(recipients);
        return recipients;
    }

    /// <param name="destination">As the runner names it.</param>
    public static bool IsDead(string destination) =>
        Enumerable.Range(Healthy + Slow, Dead).Any(number => destination == Address(number).ToString());

    public async ValueTask DisposeAsync()
    {
        foreach (var host in dead) host.Dispose();
        foreach (var sink in sinks) await sink.DisposeAsync();
    }

    private static string Domain(int number) => $"d{number:000}.example";

    private static IPEndPoint Address(int number) => new(new IPAddress([127, 25, 0, (byte)(number + 1)]), Port);

    /// <summary>An address that is taken, so that nobody else can serve it, and at which nobody listens.</summary>
    private static Socket Refusing(IPEndPoint at)
    {
        var bound = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        bound.Bind(at);
        return bound;
    }

    private void Take()
    {
        if (Interlocked.Increment(ref taken) == HealthyExpected) last.TrySetResult(TimeProvider.System.GetTimestamp());
    }
}

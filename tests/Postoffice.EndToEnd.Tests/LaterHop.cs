using System.Net;
using System.Net.Sockets;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>
/// A next hop that refuses connections until a test starts it. It has a loopback address of its own, so that no other test can take its port
/// before it does.
/// </summary>
internal sealed class LaterHop : IAsyncDisposable
{
    /// <summary>Not one that the system hands out.</summary>
    public const int Port = 2526;

    private static int hops;
    private readonly TempDirectory taken = new();
    private Service? sink;

    public IPAddress Address { get; } = AddressOf(Interlocked.Increment(ref hops));

    /// <summary>As <c>relay-host=</c> takes it, and <c>postoffice destinations</c> shows it.</summary>
    public string Place => $"{Address}:{Port}";

    /// <summary>Every message it took, with its envelope, as smtp-sink writes them down.</summary>
    public string Taken => File.Exists(taken.File("sunk")) ? File.ReadAllText(taken.File("sunk")) : "";

    /// <summary>From now on it takes all mail; comes back when it can be reached.</summary>
    public Task StartAsync()
    {
        sink = Service.Start(OutsideProgram.Require("smtp-sink"), "-u", Site.User, "-D", taken.File("sunk"), Place, "10");
        return Eventually.HoldsAsync(IsReachable, () => $"smtp-sink at {Place}\n{sink.Said}");
    }

    public async ValueTask DisposeAsync()
    {
        if (sink is not null) await sink.DisposeAsync();
        taken.Dispose();
    }

    private static IPAddress AddressOf(int number)
    {
        var process = Environment.ProcessId;
        return new IPAddress([127, (byte)(process >> 8 & 0x3F | 0x40), (byte)process, (byte)number]);
    }

    private bool IsReachable()
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(Address, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

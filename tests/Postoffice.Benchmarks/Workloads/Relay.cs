using System.Net;
using Postoffice.Benchmarks.Servers;
using Postoffice.Testing;

namespace Postoffice.Benchmarks.Workloads;

/// <summary>Mail is taken and goes on to a next hop that keeps nothing: done when the last of it is there.</summary>
internal sealed class Relay(SmtpSource source) : IWorkload
{
    private const int Backlog = 128;
    private readonly IPEndPoint nextHop = new(IPAddress.Loopback, Installation.FreePort());

    public Delivery Delivery => new Delivery.Relayed(nextHop);

    public async Task<double> RunAsync(MailServer server, int messages, CancellationToken ct)
    {
        using var sink = ChildProcess.Start("smtp-sink", [.. Environment.IsPrivilegedProcess ? (string[])["-u", "nobody"] : [], "-M", $"{messages}", $"{nextHop}", $"{Backlog}"]); // ends with the last message
        await Reachable.WaitAsync(nextHop, ct);
        var began = TimeProvider.System.GetTimestamp();
        await source.SendAsync(server.Listener, messages, ct);
        await sink.ExitAsync(ct);
        return TimeProvider.System.GetElapsedTime(began).TotalSeconds;
    }

    public void Dispose()
    {
    }

    public override string ToString() => $"smtp-source to smtp-sink: {source}; until the sink has all";
}

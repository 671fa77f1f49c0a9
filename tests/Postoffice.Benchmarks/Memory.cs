using Postoffice.Benchmarks.Servers;
using Postoffice.Benchmarks.Workloads;

namespace Postoffice.Benchmarks;

/// <summary>What a server holds of the machine's memory when nothing happens, and at most while a hundred sessions keep it busy.</summary>
internal sealed class Memory : IBenchmark
{
    private const double MostIdle = 60, MostBusy = 110; // MiB
    private const int Messages = 20_000;
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(200);

    public string Name => "memory";

    public string Summary => $"proportional set size of all processes, relaying: right after the start (at most {MostIdle} MiB), and the most while 100 sessions send messages of 4 KiB (at most {MostBusy} MiB)";

    public async Task<Finding> RunAsync(Effort effort, CancellationToken ct)
    {
        Contender.RequireRoot(Name);
        var held = Contender.Both.ToDictionary(contender => contender, _ => new List<Held>());
        for (var round = 0; round < effort.Rounds; round++)
        {
            foreach (var contender in Contender.Both) held[contender].Add(await MeasureAsync(contender, ct));
        }

        var ours = held[Contender.Both[1]];
        return new Finding(
            [
                "| server | idle, MiB | busy, MiB |",
                "|---|---|---|",
                .. Contender.Both.Select(contender => $"| {contender.Name} | {Median.Of(held[contender], run => run.Idle):0} | {Median.Of(held[contender], run => run.Busy):0} |"),
            ],
            [Limit.AtMost("ours idle, MiB,", Median.Of(ours, run => run.Idle), MostIdle), Limit.AtMost("ours busy, MiB,", Median.Of(ours, run => run.Busy), MostBusy)]);
    }

    private static async Task<Held> MeasureAsync(Contender contender, CancellationToken ct)
    {
        using var mail = new Relay(new SmtpSource(Octets: 4096, Clients: 100, Kept: true));
        using var server = await contender.StartAsync(mail.Delivery, ct);
        var idle = server.ProportionalMemory;
        var busy = idle;
        var step = mail.RunAsync(server, Messages, ct);
        while (await Task.WhenAny(step, Task.Delay(Between, TimeProvider.System, ct)) != step) busy = Math.Max(busy, server.ProportionalMemory);
        await step;
        var held = new Held(MiB(idle), MiB(busy));
        Progress.Say($"memory: {contender.Name}: {held.Idle:0} MiB idle, {held.Busy:0} MiB busy");
        return held;
    }

    private static double MiB(long octets) => octets / (double)(1 << 20);

    private sealed record Held(double Idle, double Busy);
}

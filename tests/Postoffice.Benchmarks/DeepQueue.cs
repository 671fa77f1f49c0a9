using Postoffice.Benchmarks.Servers;
using Postoffice.Benchmarks.Workloads;
using Postoffice.Testing;

namespace Postoffice.Benchmarks;

/// <summary>What much mail in the queue, or a long history, costs the mail that comes now.</summary>
/// <param name="name">What it is called.</param>
/// <param name="depth">What is in the store before.</param>
/// <param name="limits">What must hold all the same.</param>
internal sealed class DeepQueue(string name, Depth depth, DepthLimits limits) : IBenchmark
{
    private const int FirstPage = 50; // lines
    private const double MiB = 1 << 20;
    private static readonly (string Name, Func<IWorkload> Make)[] Workloads =
    [
        ("intake", () => new Intake(new SmtpSource(Octets: 4096, Clients: 20, Kept: true))),
        ("relay", () => new Relay(new SmtpSource(Octets: 4096, Clients: 20, Kept: true))),
    ];

    public string Name => name;

    public bool IsLongToPrepare => true;

    public string Summary => $"intake and relay (4 KiB, 20 clients, connections kept) with {depth} beside an empty store, both ours: {limits}";

    public async Task<Finding> RunAsync(Effort effort, CancellationToken ct)
    {
        var (table, held) = (new List<string>(), new List<Limit>());
        table.AddRange(["| workload | empty: messages/s | ms of CPU | deep: messages/s | ms of CPU | rate, deep / empty |", "|---|---|---|---|---|---|"]);
        foreach (var (workload, make) in Workloads)
        {
            using var mail = make();
            Progress.Say($"{name}: making a store with {depth}");
            using var deep = await PostofficeServer.StartAsync(mail.Delivery, store => HistoryCommand.MakeAsync(store, depth.Facts, depth.Waiting, ct), ct);
            var startMemory = deep.RunnerMemory / MiB;
            var (none, much) = (new List<Run>(), new List<Run>());
            for (var round = 0; round < effort.Rounds; round++)
            {
                none.Add(await EmptyAsync(make, effort, $"{name}, {workload}, round {round + 1} of {effort.Rounds}: empty", ct));
                much.Add(await Run.MeasureAsync(mail, deep, effort, $"{name}, {workload}, round {round + 1} of {effort.Rounds}: deep", ct));
            }

            var ratio = Median.Of(much, run => run.Rate) / Median.Of(none, run => run.Rate);
            table.Add($"| {workload} | {Rate(none)} | {Cost(none)} | {Rate(much)} | {Cost(much)} | {ratio:0.00} |");
            held.Add(Limit.AtLeast($"{workload}, deep / empty,", ratio, limits.Rate));
            if (deep.RunnerMemory == 0) continue;
            held.Add(Limit.AtMost("the runner's start, s,", deep.RunnerStart.TotalSeconds, limits.RunnerStart));
            held.Add(Limit.AtMost("the runner's memory, MiB,", Math.Max(startMemory, deep.RunnerMemory / MiB), limits.RunnerMemory));
            if (depth.Waiting > 0) held.AddRange(await ListAsync(deep, ct));
        }

        return new Finding(table, held);
    }

    private static async Task<Run> EmptyAsync(Func<IWorkload> make, Effort effort, string title, CancellationToken ct)
    {
        using var mail = make();
        using var server = await PostofficeServer.StartAsync(mail.Delivery, ct);
        return await Run.MeasureAsync(mail, server, effort, title, ct);
    }

    /// <summary>As somebody at a terminal sees it: when the first page is there, and when all of it is.</summary>
    private async Task<IReadOnlyList<Limit>> ListAsync(PostofficeServer server, CancellationToken ct)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var mailq = ChildProcess.Start(PublishedService.PathOf("mailq"), "-C", server.Configuration);
        for (var line = 0; line < FirstPage; line++) _ = await mailq.LineAsync(ct);
        var first = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        await mailq.DrainAsync(ct);
        var all = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        Progress.Say($"{name}: mailq, first page after {first:0.00} s, all after {all:0.00} s");
        var page = Limit.AtMost("mailq, first page, s,", first, limits.FirstPage);
        return double.IsFinite(limits.List) ? [page, Limit.AtMost("mailq, all, s,", all, limits.List)] : [page];
    }

    private static string Rate(List<Run> runs) => $"{Median.Of(runs, run => run.Rate):N0}";

    private static string Cost(List<Run> runs) => $"{Median.Of(runs, run => run.Cost):0.00}";
}

/// <summary>What is in a store.</summary>
/// <param name="Waiting">Messages that wait.</param>
/// <param name="Facts">Facts of finished messages.</param>
internal sealed record Depth(long Waiting, long Facts)
{
    public override string ToString() => Facts == 0 ? $"{Waiting:N0} messages waiting" : $"{Facts:N0} facts of finished mail";
}

/// <summary>What must hold with a deep store.</summary>
/// <param name="Rate">Messages a second, by those of an empty store; at least.</param>
/// <param name="FirstPage">Seconds until <c>mailq</c> has shown fifty lines.</param>
/// <param name="List">Seconds until it has shown all.</param>
internal sealed record DepthLimits(double Rate, double FirstPage, double List)
{
    /// <summary>Seconds until the runner is ready.</summary>
    public double RunnerStart { get; } = 5;

    /// <summary>MiB, with the deliverer.</summary>
    public double RunnerMemory { get; } = 200;

    public override string ToString() =>
        $"at least {Rate:P0} of the rate, runner ready within {RunnerStart} s and below {RunnerMemory} MiB{(double.IsFinite(List) ? $", mailq's first page within {FirstPage} s, all within {List} s" : "")}";
}

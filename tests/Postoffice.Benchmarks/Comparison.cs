using Postoffice.Benchmarks.Servers;
using Postoffice.Benchmarks.Workloads;

namespace Postoffice.Benchmarks;

/// <summary>One workload on Postfix and on us, in turns: messages a second, and what each message costs the server's processors.</summary>
/// <param name="name">What it is called.</param>
/// <param name="workload">Made anew for each run.</param>
/// <param name="target">What we must reach.</param>
internal sealed class Comparison(string name, Func<IWorkload> workload, Target target) : IBenchmark
{
    public string Name => name;

    public string Summary
    {
        get
        {
            using var one = workload();
            return $"{one}: {target}";
        }
    }

    public async Task<Finding> RunAsync(Effort effort, CancellationToken ct)
    {
        Contender.RequireRoot(name);
        var runs = Contender.Both.ToDictionary(contender => contender, _ => new List<Run>());
        var disk = new List<double>();
        for (var round = 0; round < effort.Rounds; round++)
        {
            if (target.Disk is { } raw) disk.Add(raw.Measure(TimeSpan.FromSeconds(effort.Seconds / 4.0), ct));
            // Whoever comes first may find the machine in another state, so they take turns at that.
            foreach (var contender in round % 2 == 0 ? Contender.Both : Contender.Both.Reverse())
            {
                runs[contender].Add(await MeasureAsync(contender, effort, $"{name}, round {round + 1} of {effort.Rounds}: {contender.Name}", ct));
            }
        }

        var (theirs, ours) = (runs[Contender.Both[0]], runs[Contender.Both[1]]);
        var ratio = Median.Of(ours, run => run.Rate) / Median.Of(theirs, run => run.Rate);
        return new Finding(
            [
                "| server | messages/s | least to most | CPU, ms a message | least to most |",
                "|---|---|---|---|---|",
                .. Contender.Both.Select(contender => $"| {contender.Name} | {Row(runs[contender])} |"),
                $"| ratio | {ratio:0.00} | | {Median.Of(theirs, run => run.Cost) / Median.Of(ours, run => run.Cost):0.00} | |",
                .. target.Disk is null ? (string[])[] : [$"| the disk alone ({target.Disk}) | {Median.Of(disk, rate => rate):N0} | {disk.Min():N0} to {disk.Max():N0} | | |"],
            ],
            target.Limits(ratio, ours, target.Disk is null ? null : Median.Of(disk, rate => rate)));
    }

    private async Task<Run> MeasureAsync(Contender contender, Effort effort, string title, CancellationToken ct)
    {
        using var mail = workload();
        using var server = await contender.StartAsync(mail.Delivery, ct);
        return await Run.MeasureAsync(mail, server, effort, title, ct);
    }

    private static string Row(List<Run> runs) =>
        $"{Median.Of(runs, run => run.Rate):N0} | {runs.Min(run => run.Rate):N0} to {runs.Max(run => run.Rate):N0} "
        + $"| {Median.Of(runs, run => run.Cost):0.00} | {runs.Min(run => run.Cost):0.00} to {runs.Max(run => run.Cost):0.00}";
}

/// <summary>What one run came to.</summary>
internal sealed record Run(int Messages, double Seconds, double ProcessorSeconds)
{
    /// <summary>Messages a second.</summary>
    public double Rate => Messages / Seconds;

    /// <summary>Milliseconds of processor time a message.</summary>
    public double Cost => 1000 * ProcessorSeconds / Messages;

    /// <summary>A short run tells how many messages make a long one, and warms everything up.</summary>
    public static async Task<Run> MeasureAsync(IWorkload mail, MailServer server, Effort effort, string title, CancellationToken ct)
    {
        var messages = (int)(effort.WarmUp / await mail.RunAsync(server, effort.WarmUp, ct) * effort.Seconds);
        var before = server.ProcessorSeconds;
        Progress.Say($"{title}: {messages:N0} messages");
        var step = mail.RunAsync(server, messages, ct);
        await Progress.FollowAsync(step, () => $"{title}: going on");
        var run = new Run(messages, await step, server.ProcessorSeconds - before);
        Progress.Say($"{title}: {run.Rate:N0} messages/s, {run.Cost:0.00} ms of CPU a message");
        return run;
    }
}

/// <summary>What we must reach.</summary>
/// <param name="Ratio">Our messages a second by Postfix's, at least.</param>
/// <param name="Cost">Our processor time a message, at most, in milliseconds; infinite where there is no limit.</param>
/// <param name="Disk">Of which <see cref="ShareOfDisk"/> keeps the promise as well; null where nothing but the ratio does.</param>
internal sealed record Target(double Ratio, double Cost = double.PositiveInfinity, RawDisk? Disk = null)
{
    private const double ShareOfDisk = 0.85;

    /// <param name="disk">Messages a second of the disk alone, where it was measured.</param>
    public IReadOnlyList<Limit> Limits(double ratio, IReadOnlyList<Run> ours, double? disk)
    {
        var rate = Limit.AtLeast("messages a second, ours / Postfix's,", ratio, Ratio);
        if (disk is { } alone) rate = rate.Or(Limit.AtLeast("ours / those of the disk alone", Median.Of(ours, run => run.Rate) / alone, ShareOfDisk));
        return double.IsFinite(Cost) ? [rate, Limit.AtMost("our CPU a message, ms,", Median.Of(ours, run => run.Cost), Cost)] : [rate];
    }

    public override string ToString() =>
        $"at least {Ratio:0.#} × Postfix's rate{(Disk is null ? "" : $" or {ShareOfDisk:P0} of the disk's")}{(double.IsFinite(Cost) ? $", at most {Cost:0.0} ms of CPU a message" : "")}";
}

namespace Postoffice.Benchmarks;

/// <summary>What <c>scripts/bench</c> was asked for, and the exit code (sysexits.h; 1 for a broken limit).</summary>
internal static class CommandLine
{
    private const int Broken = 1, Usage = 64, Software = 70, Interrupted = 130;
    private const int MostRounds = 50;

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, IReadOnlyList<IBenchmark> all, CancellationToken ct)
    {
        var (check, write, effort, names) = (false, false, Effort.Full, new List<string>());
        for (var at = 0; at < arguments.Count; at++)
        {
            switch (arguments[at])
            {
                case "--help" or "-h":
                    Console.Out.Write(Help(all));
                    return 0;
                case "--check":
                    check = true;
                    break;
                case "--write":
                    write = true;
                    break;
                case "--quick":
                    effort = Effort.Quick;
                    break;
                case "--rounds" when at + 1 < arguments.Count && int.TryParse(arguments[at + 1], out var rounds) && rounds is >= 1 and <= MostRounds:
                    effort = effort with { Rounds = rounds };
                    at++;
                    break;
                case var name when all.Any(benchmark => benchmark.Name == name):
                    names.Add(name);
                    break;
                case var unknown:
                    Console.Error.WriteLine($"scripts/bench: '{unknown}' is no benchmark, and no option used as --help shows");
                    return Usage;
            }
        }

        try
        {
            var (hold, sections) = await MeasureAsync(all.Where(benchmark => names.Count == 0 ? effort.Includes(benchmark) : names.Contains(benchmark.Name)), effort, ct);
            if (write) ReportFile.Write(sections);
            return hold || !check ? 0 : Broken;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            Console.Error.WriteLine("scripts/bench: interrupted; everything it started has ended");
            return Interrupted;
        }
        catch (BenchmarkException trouble)
        {
            Console.Error.WriteLine($"scripts/bench: nothing was measured: {trouble.Message}");
            return Software;
        }
    }

    /// <returns>Whether every limit holds, and what was found by each.</returns>
    private static async Task<(bool Hold, IReadOnlyList<(string Name, string Text)> Sections)> MeasureAsync(
        IEnumerable<IBenchmark> chosen, Effort effort, CancellationToken ct)
    {
        var machine = await Machine.DescribeAsync(ct);
        Console.Out.WriteLine(machine);
        var (hold, sections) = (true, new List<(string, string)>());
        foreach (var benchmark in chosen)
        {
            Console.Out.WriteLine($"\n## {benchmark.Name}\n\n{benchmark.Summary}\n");
            var (table, limits) = await benchmark.RunAsync(effort, ct);
            var found = string.Join('\n', [.. table, "", .. limits.Select(limit => $"- {limit}")]);
            Console.Out.WriteLine(found);
            hold &= limits.All(limit => limit.Holds);
            sections.Add((benchmark.Name, $"{benchmark.Summary} ({effort})\n\n{machine}\n\n{found}"));
        }

        return (hold, sections);
    }

    private static string Help(IEnumerable<IBenchmark> all) => $"""
        Measures the published programs (out/bin) and prints what it found, with the machine it ran on.

        usage: scripts/bench [--check] [--write] [--quick] [--rounds N] [NAME...]

          --check      exit code 1 when a limit is broken; the line that says BROKEN tells which
          --write      put what was found into docs/benchmarks.md
          --quick      one short run of each case, for a first impression, without those that take long to prepare unless named
          --rounds N   how often each case is run, 1 to {MostRounds} (5); medians count
          NAME         one of these; none: all of them

        scripts/bench --micro [NAME...] measures single steps instead (Lines, Addresses, Json, Fold, AppendPath), with allocations, by BenchmarkDotNet.

        {string.Join('\n', all.Select(benchmark => $"  {benchmark.Name}\n      {benchmark.Summary}"))}

        examples:
          scripts/bench                                          measure everything, whatever comes out
          scripts/bench --check sick-destinations                does the limit hold here?
          scripts/bench --quick intake relay                     a first impression beside Postfix
          TMPDIR=/var/tmp scripts/bench sick-destinations        with the store on another file system

        Ctrl-C ends the measurement and all that was started for it. Timing wants a quiet machine: see the load in the first lines.

        """;
}

/// <summary>Something is not as the measurement needs it, so its figures would say nothing.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);

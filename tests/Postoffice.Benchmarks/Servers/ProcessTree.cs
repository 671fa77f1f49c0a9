using System.Globalization;
using Postoffice.Store.Native;

namespace Postoffice.Benchmarks.Servers;

/// <summary>What a process and everything below it have cost, by proc(5).</summary>
internal static class ProcessTree
{
    private const int MaxOctets = 1 << 16;
    private const double TicksPerSecond = 100; // USER_HZ, the same on every Linux architecture there is .NET for
    private const int ParentField = 3, FirstTimeField = 13; // counted from 0, as stat's line is split

    /// <summary>Processor seconds so far, user's and system's, with those of children that have ended and been waited for.</summary>
    public static double ProcessorSeconds(int root) => Below(root).Sum(pid => TicksOf(pid) / TicksPerSecond);

    /// <summary>Proportional set size in octets: what is shared among n processes counts 1/n in each.</summary>
    public static long ProportionalMemory(int root) => Below(root).Sum(MemoryOf);

    private static IEnumerable<int> Below(int root)
    {
        var children = Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0)
            .Select(pid => (Pid: pid, Fields: FieldsOf(pid)))
            .Where(process => process.Fields is not null)
            .ToLookup(process => int.Parse(process.Fields![ParentField], CultureInfo.InvariantCulture), process => process.Pid);
        var found = new List<int> { root };
        for (var at = 0; at < found.Count; at++) found.AddRange(children[found[at]]);
        return found;
    }

    private static double TicksOf(int pid) => FieldsOf(pid) is { } fields
        ? fields.Skip(FirstTimeField).Take(4).Sum(field => double.Parse(field, CultureInfo.InvariantCulture)) // utime, stime, cutime, cstime
        : 0;

    /// <summary>The fields of <c>stat</c>, without the name, which may hold anything; null when the process has ended.</summary>
    private static string[]? FieldsOf(int pid)
    {
        try
        {
            var line = SafeFile.ReadText($"/proc/{pid}/stat", MaxOctets);
            return ["pid", "name", .. line[(line.LastIndexOf(')') + 2)..].Split(' ')];
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long MemoryOf(int pid)
    {
        try
        {
            var line = SafeFile.ReadText($"/proc/{pid}/smaps_rollup", MaxOctets).Split('\n').FirstOrDefault(line => line.StartsWith("Pss:", StringComparison.Ordinal));
            return line is null ? 0 : 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}

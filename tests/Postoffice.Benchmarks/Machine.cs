using Postoffice.Store.Native;
using Postoffice.Testing;

namespace Postoffice.Benchmarks;

/// <summary>Where the figures come from: without it they say nothing to anybody else.</summary>
internal static class Machine
{
    private const int MaxOctets = 1 << 20;

    public static async Task<string> DescribeAsync(CancellationToken ct)
    {
        using var version = ChildProcess.Start(PublishedService.PathOf("postoffice"), "--version");
        using var folder = new TempDirectory();
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30);
        return $"""
            - when: {TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC
            - machine: {Environment.ProcessorCount} cores ({Field("/proc/cpuinfo", "model name", ':')}), {memory:0.0} GiB of memory
            - store on: {new DriveInfo(folder.Path).DriveFormat}
            - system: {Field("/usr/lib/os-release", "PRETTY_NAME", '=')}, Linux {SafeFile.ReadText("/proc/sys/kernel/osrelease", MaxOctets).TrimEnd()}
            - load before (1, 5, 15 minutes): {string.Join(", ", SafeFile.ReadText("/proc/loadavg", MaxOctets).Split(' ')[..3])}
            - programs: Postoffice {await version.LineAsync(ct)}, NativeAOT; measured by .NET {Environment.Version}
            """;
    }

    private static string Field(string path, string name, char separator) =>
        SafeFile.ReadText(path, MaxOctets).Split('\n')
            .FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?
            .Split(separator, 2)[1].Trim(' ', '"') ?? "unknown";
}

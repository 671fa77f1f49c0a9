namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>What a process takes of the machine.</summary>
/// <param name="Resident">Octets of memory (VmRSS of proc(5)).</param>
/// <param name="Proportional">The same where what processes share is divided among them (Pss).</param>
/// <param name="Handles">Open file descriptors.</param>
internal sealed record Footprint(long Resident, long Proportional, int Handles)
{
    public static Footprint Of(int process) => new(
        Field(process, "status", "VmRSS:"), Field(process, "smaps_rollup", "Pss:"), Directory.GetFileSystemEntries($"/proc/{process}/fd").Length);

    public override string ToString() => $"{Resident >> 20} MiB (PSS {Proportional >> 20}), {Handles} descriptors";

    private static long Field(int process, string file, string name)
    {
        var line = File.ReadLines($"/proc/{process}/{file}").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
    }
}

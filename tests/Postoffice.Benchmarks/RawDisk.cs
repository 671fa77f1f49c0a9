using Postoffice.Testing;

namespace Postoffice.Benchmarks;

/// <summary>How many messages a second the disk itself would take: writes and a sync, in turns, and nothing else.</summary>
/// <param name="Octets">Written before each sync.</param>
/// <param name="Messages">That are durable with it.</param>
internal sealed record RawDisk(int Octets, int Messages)
{
    private const long FileOctets = 64 * 1024 * 1024; // as large as the write-ahead log stays, and written over and over as that is

    /// <returns>Messages a second, on the file system that the stores are on.</returns>
    public double Measure(TimeSpan time, CancellationToken ct)
    {
        using var folder = new TempDirectory();
        using var file = new FileStream(
            folder.File("raw"), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 });
        var octets = new byte[Octets];
        Random.Shared.NextBytes(octets);
        for (long at = 0; at < FileOctets; at += Octets) file.Write(octets);
        file.Flush(flushToDisk: true);

        var (began, syncs) = (TimeProvider.System.GetTimestamp(), 0L);
        while (TimeProvider.System.GetElapsedTime(began) < time)
        {
            ct.ThrowIfCancellationRequested();
            file.Position = syncs * Octets % FileOctets;
            file.Write(octets);
            file.Flush(flushToDisk: true);
            syncs++;
        }

        return syncs * Messages / TimeProvider.System.GetElapsedTime(began).TotalSeconds;
    }

    public override string ToString() => $"{Octets / 1024} KiB a sync, {Messages} message{(Messages == 1 ? "" : "s")} each";
}

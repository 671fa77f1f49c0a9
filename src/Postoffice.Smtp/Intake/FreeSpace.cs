using Postoffice.Store.Native;

namespace Postoffice.Smtp.Intake;

/// <summary>Room beside the store, less what must stay free (<c>minfree=</c>, C-CFG-36). Asked of the system once a second at most.</summary>
internal sealed class FreeSpace(string storePath, long reserve, TimeProvider clock)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private readonly string directory = Path.GetDirectoryName(storePath)!;
    private readonly Lock gate = new();
    private long takenAt;
    private long? octets;

    /// <summary>Octets that mail may still use; negative when the reserve itself is touched.</summary>
    public long Octets()
    {
        lock (gate)
        {
            if (octets is { } known && clock.GetElapsedTime(takenAt) < Fresh) return known;
            Libc.Check(Libc.StatFileSystem(directory, out var system), directory);
            var free = (long)Math.Min(system.BlocksAvailable * (ulong)system.BlockSize, long.MaxValue) - reserve;
            (octets, takenAt) = (free, clock.GetTimestamp());
            return free;
        }
    }

    /// <summary>Whether a message of that many octets fits.</summary>
    public bool Fits(long message) => Octets() >= message;
}

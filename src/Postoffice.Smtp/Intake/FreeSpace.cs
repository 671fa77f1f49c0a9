using Postoffice.Store.Native;

namespace Postoffice.Smtp.Intake;

/// <summary>
/// Room beside the store, less what must stay free (<c>minfree=</c>, C-CFG-36) and less the write-ahead log's size once more: a checkpoint
/// writes its pages to the database file, which grows, while the log keeps its size. Otherwise a message that just fits would leave
/// a disk so full that no checkpoint succeeds any more. Asked of the system each time: a fast client fills a disk within a second.
/// </summary>
internal sealed class FreeSpace(string storePath, long reserve)
{
    private readonly string directory = Path.GetDirectoryName(storePath)!;

    /// <summary>Octets that mail may still use; negative when the reserve itself is touched.</summary>
    public long Octets()
    {
        Libc.Check(Libc.StatFileSystem(directory, out var system), directory);
        var free = (long)Math.Min(system.BlocksAvailable * (ulong)system.BlockSize, long.MaxValue);
        var log = SafeFile.TryStat(storePath + "-wal", out var file) ? (long)file.Length : 0;
        return free - log - reserve;
    }

    /// <summary>Whether a message of that many octets fits.</summary>
    public bool Fits(long message) => Octets() >= message;
}

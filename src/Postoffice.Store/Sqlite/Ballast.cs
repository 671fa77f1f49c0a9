using Postoffice.Store.Native;

namespace Postoffice.Store.Sqlite;

/// <summary>
/// <c>STORE.ballast</c>: space that is really taken, to be given up when the disk is full, so that work in progress can end and its
/// outcome be recorded (new mail is refused by <c>minfree=</c> well before). Made again when there is room.
/// </summary>
internal sealed class Ballast(string storePath, long reserve, TimeProvider clock)
{
    /// <summary>Octets: some thousand outcomes.</summary>
    public const long Size = 4 * 1024 * 1024;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private readonly string path = PathFor(storePath);
    private long? lookedAt;

    public static string PathFor(string storePath) => storePath + ".ballast";

    /// <returns>Whether there was something to give up.</returns>
    public bool TryGiveUp()
    {
        lookedAt = clock.GetTimestamp();
        return Libc.Unlink(path) == 0;
    }

    /// <summary>Makes the file when it is not there and more than the reserve would stay free. Looks every few seconds only.</summary>
    public void Replenish()
    {
        if (lookedAt is { } before && clock.GetElapsedTime(before) < Pause) return;
        lookedAt = clock.GetTimestamp();
        if (SafeFile.TryStat(path, out var found) && found.Length == Size) return;
        if (Libc.StatFileSystem(Path.GetDirectoryName(path)!, out var system) != 0) return;
        if ((long)system.BlocksAvailable * system.BlockSize < reserve + Size) return;
        if (!SafeFile.TryOpen(path, Libc.O_RDWR | Libc.O_CREAT, out var file, out _)) return;
        using (file)
        {
            // Somebody else may have been faster with what was free.
            if (Libc.Allocate((int)file.DangerousGetHandle(), 0, Size) != 0) _ = Libc.Unlink(path);
        }
    }
}

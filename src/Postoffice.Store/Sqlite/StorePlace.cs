using Postoffice.Store.Native;

namespace Postoffice.Store.Sqlite;

/// <summary>Where the store lies: makes its directory, and refuses a place where mail would not be safe.</summary>
internal static class StorePlace
{
    private const uint DirectoryMode = 0x1C0; // 0700
    private const uint GroupAndOthers = 0x3F; // 077

    // <linux/magic.h>: file systems without the shared memory that SQLite's WAL needs between processes, or kept by another machine.
    private static readonly Dictionary<long, string> NetworkFileSystems = new()
    {
        [0x6969] = "NFS",
        [0x517B] = "SMB",
        [0xFF534D42] = "CIFS",
        [0xFE534D42] = "SMB2",
        [0x01021997] = "9P",
        [0x00C36400] = "Ceph",
        [0x5346414F] = "AFS",
        [0x73757245] = "Coda",
        [0x0BD00BD0] = "Lustre",
        [0x01161970] = "GFS2",
        [0x7461636F] = "OCFS2",
        [0x65735546] = "FUSE",
    };

    /// <summary>Makes the directory when it is missing and checks place, owner and mode.</summary>
    /// <exception cref="StoreRefusedException">Says what is wrong and what to do.</exception>
    /// <param name="fileSystemOf">Tells the magic number of a directory's file system; null asks the kernel.</param>
    public static void Prepare(string path, Func<string, long>? fileSystemOf = null)
    {
        var directory = Path.GetDirectoryName(path)!;
        if (!SafeFile.TryStat(directory, out _)) Make(directory);
        CheckFileSystem(path, (fileSystemOf ?? FileSystemOf)(directory));
        CheckDirectory(directory);
        CheckFile(path);
    }

    private static void Make(string directory)
    {
        if (Libc.MakeDirectory(directory, DirectoryMode) == 0) return;
        var why = System.Runtime.InteropServices.Marshal.GetLastPInvokeErrorMessage();
        throw new StoreRefusedException($"{directory}: cannot be made ({why}). Make it, mode 0700, owned by the user the services run as.");
    }

    private static long FileSystemOf(string directory)
    {
        Libc.Check(Libc.StatFileSystem(directory, out var system), directory);
        return system.Type;
    }

    private static void CheckFileSystem(string path, long magic)
    {
        if (!NetworkFileSystems.TryGetValue(magic & 0xFFFFFFFF, out var kind)) return;
        throw new StoreRefusedException(
            $"{path}: lies on a {kind} file system, where a store cannot be shared safely between processes. Put store= on a disk of this machine.");
    }

    private static void CheckDirectory(string directory)
    {
        if (!SafeFile.TryStat(directory, out var place) || !place.IsDirectory)
        {
            throw new StoreRefusedException($"{directory}: is not a directory. Name another place with store=PATH.");
        }
        if (place.Uid != Libc.GetEuid()) throw WrongOwner(directory, place.Uid);
        if ((place.Permissions & GroupAndOthers) != 0)
        {
            throw new StoreRefusedException($"{directory}: mode {Octal(place.Permissions)} lets others in. Name a folder of the store's own with store=PATH; if this one holds nothing else, run: chmod 0700 {directory}");
        }
    }

    private static void CheckFile(string path)
    {
        foreach (var file in (string[])[path, path + "-wal", path + "-shm"])
        {
            if (!SafeFile.TryStat(file, out var found)) continue;
            if (!found.IsRegular || found.Links != 1)
            {
                throw new StoreRefusedException($"{file}: must be a regular file with one name (no link). Move it away or name another with store=PATH.");
            }
            if (found.Uid != Libc.GetEuid()) throw WrongOwner(file, found.Uid);
            if ((found.Permissions & GroupAndOthers) != 0)
            {
                throw new StoreRefusedException($"{file}: mode {Octal(found.Permissions)} lets others read mail. Run: chmod 0600 {file}");
            }
        }
    }

    private static StoreRefusedException WrongOwner(string path, uint owner)
    {
        var name = SystemUser.Find(owner)?.Name ?? $"uid {owner}";
        var own = SystemUser.Find(Libc.GetEuid())?.Name ?? $"uid {Libc.GetEuid()}";
        return new StoreRefusedException($"{path}: belongs to {name} and this program runs as {own}. Start it as {name} (or as root, which becomes {name}).");
    }

    private static string Octal(uint mode) => Convert.ToString(mode, 8).PadLeft(4, '0');
}

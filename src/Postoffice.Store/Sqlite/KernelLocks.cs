using System.Globalization;
using Postoffice.Store.Native;

namespace Postoffice.Store.Sqlite;

/// <summary>Reads <c>/proc/locks</c>: the one place that knows the pid behind an advisory lock.</summary>
internal static class KernelLocks
{
    /// <returns>The pid that holds a lock on the file; null when nobody does or it cannot be learnt.</returns>
    public static int? HolderOf(string path)
    {
        if (!SafeFile.TryStat(path, out var file)) return null;
        // "5: FLOCK  ADVISORY  WRITE 4711 fd:01:131074 0 EOF"; lines with "->" are waiters.
        var inode = ":" + file.Inode.ToString(CultureInfo.InvariantCulture);
        foreach (var line in ReadLocks().Split('\n'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 6 || words[1] != "FLOCK" || !words[5].EndsWith(inode, StringComparison.Ordinal)) continue;
            if (int.TryParse(words[4], CultureInfo.InvariantCulture, out var pid) && pid > 0) return pid;
        }
        return null;
    }

    private static string ReadLocks()
    {
        try
        {
            return SafeFile.ReadText("/proc/locks", maxOctets: 1 << 20);
        }
        catch (IOException)
        {
            return ""; // hidden in some containers: the alarm then names no pid
        }
    }
}

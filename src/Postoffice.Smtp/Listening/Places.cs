using Postoffice.Store.Native;

namespace Postoffice.Smtp.Listening;

/// <summary>
/// How many sessions may be open. Never more than descriptors allow: running out of them would hit the store and the runtime as well.
/// </summary>
internal sealed class Places
{
    private const int Reserve = 64; // what comes and goes beside sessions: store, drop directory, lookups, a client being told to come later
    private readonly int own = Directory.GetFileSystemEntries("/proc/self/fd").Length;

    /// <param name="clients">What the settings allow.</param>
    public int Allowed(int clients)
    {
        if (Libc.GetResourceLimit(Libc.RLIMIT_NOFILE, out var limit) != 0) return clients;
        var taken = (ulong)(own + Reserve);
        return (int)Math.Min((ulong)clients, limit.Current > taken ? limit.Current - taken : 1);
    }
}

using Postoffice.Store.Native;

namespace Postoffice.Smtp.Listening;

/// <summary>
/// How many sessions may be open. Never more than descriptors allow, since running out of them would hit the store as well.
/// </summary>
internal static class Places
{
    private const int Reserve = 64; // store, log, doors, drop directory, a client being told to come later

    /// <param name="clients">What the settings allow.</param>
    public static int Allowed(int clients)
    {
        if (Libc.GetResourceLimit(Libc.RLIMIT_NOFILE, out var limit) != 0) return clients;
        return (int)Math.Min((ulong)clients, limit.Current > Reserve ? limit.Current - Reserve : 1);
    }
}

using Postoffice.Store.Native;

namespace Postoffice.Store.Sqlite;

/// <summary>
/// Whose turn it is to write, among all processes on one store. SQLite's own waiting starves one of two busy writers, so a turn is two
/// advisory locks: take <c>queue</c>, take <c>write</c>, give <c>queue</c> back. Whoever holds <c>queue</c> is next.
/// A length other than 0 of the write lock's file says that a sync failed and nobody may append before a clean checkpoint
/// (it needs no sync itself: a power cut takes the mark and the lost pages alike).
/// </summary>
internal sealed class WriterTurn : IDisposable
{
    private readonly int queue;
    private readonly int write;
    private readonly string writePath;

    public WriterTurn(string storePath)
    {
        writePath = storePath + ".write";
        queue = OpenLock(storePath + ".queue");
        write = OpenLock(writePath);
    }

    /// <summary>Waits for the turn, for as long as it takes: callers with a deadline watch the time from another thread.</summary>
    public void Take()
    {
        Lock(queue);
        Lock(write);
        Unlock(queue);
    }

    /// <summary>Waits for the turn no longer than <paramref name="deadline"/>.</summary>
    /// <returns>False when it did not come: then it is given back as soon as it comes, and this is disposed by itself.</returns>
    public bool TryTake(TimeSpan deadline)
    {
        // The kernel's wait knows no deadline, so it has a thread of its own.
        var taking = Task.Factory.StartNew(Take, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        if (Task.WaitAny([taking], deadline) < 0)
        {
            _ = taking.ContinueWith(_ => Dispose(), TaskScheduler.Default); // closing gives it back
            return false;
        }
        taking.GetAwaiter().GetResult();
        return true;
    }

    public void Give() => Unlock(write);

    /// <summary>Whether a sync failed since the last clean checkpoint. Asked while holding the turn.</summary>
    public bool IsTainted => Libc.LSeek(write, 0, whence: 2) > 0;

    public void Taint() => Libc.Check(Libc.FTruncate(write, 1), writePath);

    public void Cleanse() => Libc.Check(Libc.FTruncate(write, 0), writePath);

    /// <summary>The pid that holds the turn, from the kernel's list of locks; null when nobody does.</summary>
    public int? Holder() => KernelLocks.HolderOf(writePath);

    public void Dispose()
    {
        _ = Libc.Close(queue);
        _ = Libc.Close(write);
    }

    private static int OpenLock(string path)
    {
        var descriptor = Libc.Open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_CLOEXEC | Libc.O_NOFOLLOW, 0x180);
        Libc.Check(descriptor, path);
        return descriptor;
    }

    private static void Lock(int descriptor)
    {
        while (Libc.FLock(descriptor, Libc.LOCK_EX) != 0) Libc.CheckUnlessInterrupted("flock");
    }

    private static void Unlock(int descriptor) => Libc.Check(Libc.FLock(descriptor, Libc.LOCK_UN), "flock");
}

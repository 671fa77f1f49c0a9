using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Postoffice.Store.Sqlite;

/// <summary>
/// Keeps the WAL small from a thread of its own, since a checkpoint inside a commit costs tens of milliseconds. PASSIVE ones never catch up
/// with a busy writer, so past a second mark it takes the writers' turn and finishes with RESTART. A reader with an old snapshot is not
/// waited for, since the writers would wait as well: past the mark it tries again for each 16 MB that the WAL has grown.
/// </summary>
internal sealed class Checkpointer : IDisposable
{
    private const long PageSize = 4096;
    internal const long PassivePages = 16 * 1024 * 1024 / PageSize;
    internal const long RestartPages = 64 * 1024 * 1024 / PageSize;
    private static readonly TimeSpan ReaderWait = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan EndWait = TimeSpan.FromSeconds(5);

    private readonly string path;
    private readonly ILogger log;
    private readonly AutoResetEvent woken = new(initialState: false);
    private readonly Thread thread;
    private volatile bool stopping;
    private long restartAt = RestartPages;

    public Checkpointer(string path, ILogger log)
    {
        this.path = path;
        this.log = log;
        thread = new Thread(Run) { IsBackground = true, Name = "store checkpoint" };
        thread.Start();
    }

    /// <summary>Something was committed.</summary>
    public void Wake() => woken.Set();

    public void Dispose()
    {
        stopping = true;
        woken.Set();
        // It may stand at a lock that a stopped process keeps; then it ends with this process.
        if (thread.Join(EndWait)) woken.Dispose();
    }

    private void Run()
    {
        using var turn = new WriterTurn(path);
        StoreTransaction? connection = null;
        while (true)
        {
            woken.WaitOne();
            if (stopping) break;
            try
            {
                connection ??= new StoreTransaction(Connections.OpenWriter(path, ReaderWait));
                Checkpoint(connection, turn);
            }
            catch (Exception trouble) when (trouble is SqliteException or StoreRefusedException or IOException)
            {
                // The next commit wakes us again; the writer meets the same trouble and judges it.
                StoreLog.CheckpointFailed(log, path, trouble.Message);
                connection?.Dispose();
                connection = null;
            }
        }
        connection?.Dispose();
    }

    private void Checkpoint(StoreTransaction connection, WriterTurn turn)
    {
        var (pages, done) = Progress(connection, "PRAGMA wal_checkpoint(NOOP)");
        if (pages < RestartPages) restartAt = RestartPages;
        if (pages - done >= PassivePages) (pages, _) = Progress(connection, "PRAGMA wal_checkpoint(PASSIVE)");
        if (pages < restartAt) return;
        turn.Take();
        try
        {
            _ = Progress(connection, "PRAGMA wal_checkpoint(RESTART)");
            restartAt = pages + PassivePages;
        }
        finally
        {
            turn.Give();
        }
    }

    /// <returns>Pages in the WAL, and how many of them are in the database file.</returns>
    private static (long Pages, long Done) Progress(StoreTransaction connection, string pragma)
    {
        (long, long) progress = default;
        connection.Each(pragma, row => progress = (row.Integer(1), row.Integer(2)));
        return progress;
    }
}

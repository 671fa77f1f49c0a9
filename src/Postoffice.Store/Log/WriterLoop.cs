using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Postoffice.Store.Sqlite;
using SQLitePCL;

namespace Postoffice.Store.Log;

/// <summary>
/// The one thread of this process that writes. It takes everything that waits as one transaction (group commit), so many producers
/// share one sync, and answers each only after COMMIT. It owns its thread for life: fault injectors count per thread.
/// </summary>
internal sealed class WriterLoop : IDisposable
{
    private const int MaxBatch = 512;

    private readonly string path;
    private readonly TimeSpan deadline;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly WriterTurn turn;
    private readonly Checkpointer checkpointer;
    private readonly Lock gate = new();
    private readonly SemaphoreSlim arrived = new(0);
    private readonly Queue<WriteRequest> waiting = new();
    private readonly Thread thread;
    private readonly ITimer watchdog;
    private StoreTransaction transaction;
    private volatile bool broken;
    private volatile bool stopping;
    private bool alarmed;

    public WriterLoop(string path, TimeSpan deadline, SqliteConnection connection, TimeProvider clock, ILogger log)
    {
        this.path = path;
        this.deadline = deadline;
        this.clock = clock;
        this.log = log;
        turn = new WriterTurn(path);
        transaction = new StoreTransaction(connection);
        checkpointer = new Checkpointer(path, log);
        watchdog = clock.CreateTimer(_ => ExpireWaiting(), null, TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(250));
        thread = new Thread(Run) { IsBackground = true, Name = "store writer" };
        thread.Start();
    }

    /// <summary>Called after each commit, on the writer's thread: rings the doorbell.</summary>
    public Action? Committed { get; set; }

    /// <summary>
    /// Runs <paramref name="work"/> inside the next transaction and answers after its commit. The work may run twice, when another
    /// one of the same batch fails, so it must leave no trace outside the transaction.
    /// </summary>
    /// <exception cref="StoreUnavailableException">Busy past the deadline, full, broken or stopping; nothing was written.</exception>
    public Task<T> RunAsync<T>(Func<StoreTransaction, T> work, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (broken) return Task.FromException<T>(Unavailable(StoreTrouble.Broken, "a sync failed; the store waits for a clean checkpoint"));
        var request = new WriteRequest<T>(work, clock.GetTimestamp());
        lock (gate)
        {
            if (stopping) return Task.FromException<T>(Unavailable(StoreTrouble.Stopping, "the service is stopping"));
            waiting.Enqueue(request);
            if (waiting.Count == 1) arrived.Release();
        }
        return ct.CanBeCanceled ? request.WithdrawnBy(ct) : request.Task;
    }

    public void Dispose()
    {
        lock (gate)
        {
            if (stopping) return;
            stopping = true;
            arrived.Release();
        }
        thread.Join(deadline + TimeSpan.FromSeconds(5));
        watchdog.Dispose();
        checkpointer.Dispose();
        arrived.Dispose();
        turn.Dispose();
        transaction.Dispose();
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The writer's thread must outlive any surprise; each is logged and its callers told.")]
    private void Run()
    {
        while (true)
        {
            if (Empty()) arrived.Wait();
            if (stopping && Empty()) return;
            try
            {
                turn.Take();
                try
                {
                    if (turn.IsTainted) Recover();
                    CommitBatch(TakeBatch()); // one batch a turn: the other processes want theirs
                }
                finally
                {
                    turn.Give();
                }
            }
            catch (Exception surprise)
            {
                StoreLog.WriterSurprised(log, path, surprise);
                FailWaiting(Unavailable(StoreTrouble.Broken, surprise.Message, surprise));
            }
        }
    }

    private bool Empty()
    {
        lock (gate) return waiting.Count == 0;
    }

    private List<WriteRequest> TakeBatch()
    {
        var batch = new List<WriteRequest>();
        lock (gate)
        {
            while (batch.Count < MaxBatch && waiting.TryDequeue(out var request))
            {
                if (request.TryStart()) batch.Add(request);
            }
        }
        alarmed = false;
        return batch;
    }

    private void CommitBatch(List<WriteRequest> batch)
    {
        while (batch.Count > 0)
        {
            WriteRequest? current = null;
            try
            {
                transaction.Now = clock.GetUtcNow();
                transaction.Run("BEGIN IMMEDIATE");
                foreach (var request in batch)
                {
                    current = request;
                    request.Execute(transaction);
                }
                current = null;
                transaction.Run("COMMIT");
            }
            catch (SqliteException trouble) when (current is null || TroubleOf(trouble) is not null)
            {
                Rollback();
                var kind = TroubleOf(trouble) ?? StoreTrouble.Broken;
                var failure = Unavailable(kind, trouble.Message, trouble);
                foreach (var request in batch) request.Fail(failure);
                if (kind is StoreTrouble.Broken) Recover();
                return;
            }
            catch (Exception fault) when (current is not null)
            {
                // One request is wrong, the others are not: they run again without it.
                Rollback();
                batch.Remove(current);
                current.Fail(fault);
                continue;
            }
            Committed?.Invoke();
            foreach (var request in batch) request.Complete();
            checkpointer.Wake();
            return;
        }
    }

    /// <summary>What a failed statement says of the store itself; null when the fault is the statement's own.</summary>
    internal static StoreTrouble? TroubleOf(SqliteException trouble) => trouble.SqliteErrorCode switch
    {
        raw.SQLITE_FULL => StoreTrouble.Full,
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => StoreTrouble.Busy,
        raw.SQLITE_IOERR or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_READONLY or raw.SQLITE_CANTOPEN or raw.SQLITE_NOMEM
            => StoreTrouble.Broken,
        _ => null,
    };

    private void Rollback()
    {
        // After some failures SQLite has rolled back by itself, and then there is no transaction to end.
        if (raw.sqlite3_get_autocommit(transaction.Connection.Handle) == 0) transaction.Run("ROLLBACK");
    }

    /// <summary>
    /// After a failed sync the kernel may have dropped pages while SQLite would accept the next commit, and a power cut would lose
    /// acknowledged mail behind the hole. So nobody appends (the turn is kept, and marked for whoever comes after us) until a checkpoint
    /// with its syncs has put everything into the database file.
    /// </summary>
    private void Recover()
    {
        broken = true;
        turn.Taint();
        StoreLog.StoreBroken(log, path);
        while (!TryCheckpointAndReopen())
        {
            if (stopping) return;
            FailWaiting(Unavailable(StoreTrouble.Broken, "a sync failed; the store waits for a clean checkpoint"));
            arrived.Wait(TimeSpan.FromSeconds(1));
        }
        turn.Cleanse();
        broken = false;
        StoreLog.StoreMended(log, path);
    }

    private bool TryCheckpointAndReopen()
    {
        try
        {
            Rollback();
            if (transaction.Number("PRAGMA wal_checkpoint(TRUNCATE)") != 0) return false; // 1: a reader is in the way
            var fresh = new StoreTransaction(Connections.OpenWriter(path, deadline));
            if (fresh.Number("SELECT count(*) FROM projection") is null)
            {
                fresh.Dispose();
                return false;
            }
            transaction.Dispose();
            transaction = fresh;
            return true;
        }
        catch (Exception still) when (still is SqliteException or StoreRefusedException)
        {
            StoreLog.StoreStillBroken(log, path, still.Message);
            return false;
        }
    }

    /// <summary>Tells those who waited too long, while the writer's own thread may stand at somebody else's lock.</summary>
    private void ExpireWaiting()
    {
        List<WriteRequest> late = [];
        lock (gate)
        {
            while (waiting.TryPeek(out var oldest) && clock.GetElapsedTime(oldest.EnqueuedAt) >= deadline) late.Add(waiting.Dequeue());
        }
        if (late.Count == 0) return;
        var holder = turn.Holder();
        if (!alarmed) StoreLog.TurnKept(log, path, holder, deadline.TotalSeconds);
        alarmed = true;
        var failure = Unavailable(StoreTrouble.Busy, $"process {holder?.ToString() ?? "unknown"} keeps the store's write lock");
        foreach (var request in late.Where(request => request.TryStart())) request.Fail(failure);
    }

    private void FailWaiting(StoreUnavailableException failure)
    {
        List<WriteRequest> all = [];
        lock (gate)
        {
            while (waiting.TryDequeue(out var request)) all.Add(request);
        }
        foreach (var request in all.Where(request => request.TryStart())) request.Fail(failure);
    }

    private StoreUnavailableException Unavailable(StoreTrouble trouble, string why, Exception? inner = null) => new(trouble, $"{path}: {why}", inner);
}

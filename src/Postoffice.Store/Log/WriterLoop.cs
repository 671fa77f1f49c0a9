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
    private static readonly TimeSpan MendPause = TimeSpan.FromSeconds(1);

    private readonly string path;
    private readonly TimeSpan deadline;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly WriterTurn turn;
    private readonly Checkpointer checkpointer;
    private readonly Ballast ballast;
    private readonly WriteQueue waiting;
    private readonly Thread thread;
    private StoreTransaction transaction;
    private volatile bool broken;
    private volatile bool alarmed;

    public WriterLoop(string path, TimeSpan deadline, SqliteConnection connection, Ballast ballast, TimeProvider clock, ILogger log)
    {
        this.path = path;
        this.deadline = deadline;
        this.ballast = ballast;
        this.clock = clock;
        this.log = log;
        turn = new WriterTurn(path);
        transaction = new StoreTransaction(connection);
        checkpointer = new Checkpointer(path, log);
        waiting = new WriteQueue(deadline, clock, TellLate);
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
        if (broken) return Task.FromException<T>(StillBroken());
        var request = new WriteRequest<T>(work, clock.GetTimestamp());
        if (!waiting.TryAdd(request)) return Task.FromException<T>(Unavailable(StoreTrouble.Stopping, "the service is stopping"));
        return ct.CanBeCanceled ? request.WithdrawnBy(ct) : request.Task;
    }

    /// <summary>Commits what waits already, then ends.</summary>
    public void Dispose()
    {
        if (waiting.IsClosed) return;
        waiting.Close();
        var ended = thread.Join(deadline + TimeSpan.FromSeconds(5));
        waiting.FailAll(Unavailable(StoreTrouble.Stopping, "the service is stopping"));
        checkpointer.Dispose();
        // Standing at somebody else's lock, the thread still uses the rest; closed under it, its descriptor could become another file's.
        if (!ended) return;
        waiting.Dispose();
        turn.Dispose();
        transaction.Dispose();
    }

    private void Run()
    {
        while (waiting.WaitForRequest())
        {
            WriteNext();
            ballast.Replenish();
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The writer's thread must outlive any surprise; each is logged and its callers told.")]
    private void WriteNext()
    {
        List<WriteRequest> batch = [];
        try
        {
            turn.Take();
            try
            {
                if (turn.IsTainted && !Recover()) return;
                batch = waiting.Take(MaxBatch); // one batch a turn: the other processes want theirs
                alarmed = false;
                Commit(batch);
            }
            finally
            {
                turn.Give();
            }
        }
        catch (Exception surprise)
        {
            StoreLog.WriterSurprised(log, path, surprise);
            var failure = Unavailable(StoreTrouble.Broken, surprise.Message, surprise);
            foreach (var request in batch) request.Fail(failure);
            waiting.FailAll(failure);
        }
    }

    private void Commit(List<WriteRequest> batch)
    {
        while (batch.Count > 0)
        {
            switch (TryCommit(batch, out var wrong, out var fault))
            {
                case null:
                    foreach (var request in batch) request.Complete();
                    checkpointer.Wake();
                    Committed?.Invoke();
                    return;
                case StoreTrouble.Broken:
                    foreach (var request in batch) request.Fail(Unavailable(StoreTrouble.Broken, fault!.Message, fault));
                    Recover();
                    return;
                case StoreTrouble.Full when ballast.TryGiveUp():
                    StoreLog.BallastGiven(log, path);
                    break; // once more, with its space
                case { } trouble:
                    if (wrong is null)
                    {
                        foreach (var request in batch) request.Fail(Unavailable(trouble, fault!.Message, fault));
                        return;
                    }
                    // One request is wrong, the others are not: they run again without it.
                    batch.Remove(wrong);
                    wrong.Fail(fault!);
                    break;
            }
        }
    }

    /// <summary>Commits the batch, or leaves nothing of it.</summary>
    /// <param name="wrong">The request that failed by itself; null when the store did.</param>
    /// <returns>Null when it is durable.</returns>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A request's own fault is told to whoever asked; the others of the batch go on.")]
    private StoreTrouble? TryCommit(List<WriteRequest> batch, out WriteRequest? wrong, out Exception? fault)
    {
        wrong = null;
        fault = null;
        WriteRequest? current = null;
        StoreTrouble? trouble;
        try
        {
            // To the millisecond, as the journal keeps it: a fold sees the same instant now and when it is folded again.
            transaction.Now = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
            transaction.Run("BEGIN IMMEDIATE");
            foreach (var request in batch)
            {
                current = request;
                request.Execute(transaction);
            }
            current = null;
            transaction.Run("COMMIT");
            return null;
        }
        catch (SqliteException failure) when (current is null || TroubleOf(failure) is not null)
        {
            fault = failure;
            trouble = TroubleOf(failure) ?? StoreTrouble.Broken;
        }
        catch (Exception failure) when (current is not null)
        {
            fault = failure;
            wrong = current;
            trouble = StoreTrouble.Busy;
        }
        if (TryRollback() is { } stuck)
        {
            fault = stuck;
            trouble = StoreTrouble.Broken;
        }
        return trouble;
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

    private SqliteException? TryRollback()
    {
        try
        {
            // After some failures SQLite has rolled back by itself, and then there is no transaction to end.
            if (raw.sqlite3_get_autocommit(transaction.Connection.Handle) == 0) transaction.Run("ROLLBACK");
            return null;
        }
        catch (SqliteException stuck)
        {
            return stuck;
        }
    }

    /// <summary>
    /// After a failed sync the kernel may have dropped pages while SQLite would accept the next commit, and a power cut would lose
    /// acknowledged mail behind the hole. So nobody appends (the turn is kept, and marked for whoever comes after us) until a checkpoint
    /// with its syncs has put everything into the database file.
    /// </summary>
    /// <returns>False when the service stops before that; the mark stays.</returns>
    private bool Recover()
    {
        broken = true;
        turn.Taint();
        StoreLog.StoreBroken(log, path);
        while (!TryCheckpointAndReopen())
        {
            waiting.FailAll(StillBroken());
            if (waiting.IsClosed) return false;
            waiting.WaitForClose(MendPause);
        }
        turn.Cleanse();
        broken = false;
        StoreLog.StoreMended(log, path);
        return true;
    }

    private bool TryCheckpointAndReopen()
    {
        StoreTransaction? fresh = null;
        try
        {
            if (TryRollback() is { } stuck) throw stuck;
            if (transaction.Number("PRAGMA wal_checkpoint(TRUNCATE)") != 0) return false; // 1: a reader is in the way
            fresh = new StoreTransaction(Connections.OpenWriter(path, deadline));
            // The journal's end, read back from the file: a full check would keep mail out for as long as reading the store takes.
            _ = EventRows.RowsAfter(fresh, EventRows.LastPosition(fresh) - MaxBatch, MaxBatch);
            transaction.Dispose();
            transaction = fresh;
            return true;
        }
        catch (Exception still) when (still is SqliteException or StoreRefusedException)
        {
            StoreLog.StoreStillBroken(log, path, still.Message);
            fresh?.Dispose();
            return false;
        }
    }

    /// <summary>Tells those who waited too long whose fault it is.</summary>
    private void TellLate(IReadOnlyList<WriteRequest> late)
    {
        var holder = turn.Holder();
        if (!alarmed) StoreLog.TurnKept(log, path, holder, deadline.TotalSeconds);
        alarmed = true;
        var failure = Unavailable(StoreTrouble.Busy, $"process {holder?.ToString() ?? "unknown"} keeps the store's write lock");
        foreach (var request in late) request.Fail(failure);
    }

    private StoreUnavailableException StillBroken() => Unavailable(StoreTrouble.Broken, "a sync failed; the store waits for a clean checkpoint");

    private StoreUnavailableException Unavailable(StoreTrouble trouble, string why, Exception? inner = null) => new(trouble, $"{path}: {why}", inner);
}

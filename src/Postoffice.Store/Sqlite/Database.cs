using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Postoffice.Store.Log;
using SQLitePCL;

namespace Postoffice.Store.Sqlite;

/// <summary>The store's file: one writer loop, many readers that cannot write.</summary>
internal sealed class Database : IDisposable
{
    private const int MaxIdleReaders = 8;
    private readonly string path;
    private readonly ConcurrentBag<StoreTransaction> readers = [];
    private readonly WriterLoop? writer;

    private Database(string path, WriterLoop? writer)
    {
        this.path = path;
        this.writer = writer;
    }

    public string Path => path;

    /// <exception cref="InvalidOperationException">The store was opened for reading.</exception>
    public WriterLoop Writer => writer ?? throw new InvalidOperationException("the store was opened for reading");

    /// <summary>Opens the store for a program that writes: makes it when it is missing and brings its schema up to date.</summary>
    /// <exception cref="StoreRefusedException">Says what is wrong and what to do.</exception>
    public static Database Open(StoreOptions options, TimeProvider clock, ILogger log)
    {
        StorePlace.Prepare(options.Path);
        Create(options.Path);
        var writing = OpenMigrated(options);
        return new Database(options.Path, new WriterLoop(
            options.Path, options.TurnDeadline, writing, new Ballast(options.Path, options.MinFree, clock), clock, log));
    }

    /// <summary>Opens a store that is there for a program that only looks.</summary>
    /// <exception cref="StoreRefusedException">Says what is wrong and what to do.</exception>
    public static Database OpenForReading(StoreOptions options)
    {
        StorePlace.Prepare(options.Path);
        if (!Native.SafeFile.TryStat(options.Path, out _))
        {
            throw new StoreRefusedException($"{options.Path}: there is no store yet. Start postoffice-smtpd or postoffice-runner once, or name another with store=PATH.");
        }
        CheckSchema(options.Path);
        return new Database(options.Path, writer: null);
    }

    /// <summary>Runs a read in a snapshot of its own. Short ones only: a snapshot keeps the WAL from shrinking.</summary>
    /// <exception cref="StoreUnavailableException">The file cannot be read now.</exception>
    public T Read<T>(Func<StoreTransaction, T> work)
    {
        var reader = readers.TryTake(out var idle) ? idle : OpenReader();
        try
        {
            reader.Run("BEGIN");
            var result = work(reader);
            reader.Run("COMMIT");
            if (readers.Count < MaxIdleReaders) readers.Add(reader);
            else reader.Dispose();
            return result;
        }
        catch (SqliteException trouble)
        {
            reader.Dispose();
            throw Unavailable(trouble);
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        writer?.Dispose();
        while (readers.TryTake(out var reader)) reader.Dispose();
    }

    private static SqliteConnection OpenMigrated(StoreOptions options)
    {
        try
        {
            using (var turn = TakeTurn(options)) // two services that start together migrate one after the other
            {
                using var connection = Connections.OpenWriter(options.Path, options.TurnDeadline);
                Migrate(connection, turn, options.Path);
            }
            return Connections.OpenWriter(options.Path, options.TurnDeadline);
        }
        catch (SqliteException trouble)
        {
            throw Connections.Refusal(options.Path, trouble);
        }
    }

    /// <summary>
    /// A migration writes like everybody else: not behind the hole that a failed sync may have left, and a failed sync of its own is marked.
    /// The mark is taken away by the writer, which also reads the journal's end back.
    /// </summary>
    private static void Migrate(SqliteConnection connection, WriterTurn turn, string path)
    {
        try
        {
            if (turn.IsTainted && Migrator.Recognise(connection, path) < Migrator.Newest) RequireCheckpoint(connection, path);
            Migrator.Apply(connection, path);
        }
        catch (SqliteException trouble) when (trouble.SqliteErrorCode == raw.SQLITE_IOERR)
        {
            turn.Taint();
            throw;
        }
    }

    private static void RequireCheckpoint(SqliteConnection connection, string path)
    {
        using var transaction = new StoreTransaction(connection, ownsConnection: false);
        if (transaction.Number("PRAGMA wal_checkpoint(TRUNCATE)") == 0) return;
        throw new StoreRefusedException(
            $"{path}: a sync failed, and its schema cannot be brought up to date before a clean checkpoint, which another program's reading keeps "
            + $"back. See who has it open with: fuser {path}. Then start again.");
    }

    private static WriterTurn TakeTurn(StoreOptions options)
    {
        var turn = new WriterTurn(options.Path);
        if (turn.TryTake(options.TurnDeadline)) return turn;
        throw new StoreRefusedException(
            $"{options.Path}: process {turn.Holder()?.ToString() ?? "unknown"} keeps the store's write lock for longer than store-wait= "
            + $"({options.TurnDeadline.TotalSeconds:0.#} s). See whether it is stopped or its disk hangs, then start again.");
    }

    private static void CheckSchema(string path)
    {
        try
        {
            using var connection = Connections.OpenReader(path);
            var version = Migrator.Recognise(connection, path);
            if (version == Migrator.Newest) return;
            throw new StoreRefusedException(
                $"{path}: the store has schema {version} and this program reads {Migrator.Newest}. "
                + "Start postoffice-smtpd or postoffice-runner of this release once; it brings the store up to date.");
        }
        catch (SqliteException trouble)
        {
            throw Connections.Refusal(path, trouble);
        }
    }

    private StoreTransaction OpenReader()
    {
        try
        {
            return new StoreTransaction(Connections.OpenReader(path));
        }
        catch (SqliteException trouble)
        {
            throw Unavailable(trouble);
        }
    }

    private StoreUnavailableException Unavailable(SqliteException trouble) =>
        new(WriterLoop.TroubleOf(trouble) ?? StoreTrouble.Broken, $"{path}: {trouble.Message}", trouble);

    /// <summary>
    /// Makes the file itself 0600, whatever the umask; SQLite gives WAL and shared memory the same mode. A file that is there is not
    /// opened: closing any descriptor of it would drop the locks that another store of this process holds on it.
    /// </summary>
    private static void Create(string path)
    {
        if (Native.SafeFile.TryStat(path, out _)) return;
        if (!Native.SafeFile.TryOpen(path, Native.Libc.O_RDWR | Native.Libc.O_CREAT, out var file, out var error))
        {
            throw new StoreRefusedException($"{path}: cannot be opened ({System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(error)}). Check the directory's owner and free space.");
        }
        file.Dispose();
    }
}

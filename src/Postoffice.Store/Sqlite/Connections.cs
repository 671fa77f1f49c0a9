using Microsoft.Data.Sqlite;
using Postoffice.Store.Native;
using SQLitePCL;

namespace Postoffice.Store.Sqlite;

/// <summary>Opens connections to the store file with the pragmas that the promises rest on.</summary>
internal static class Connections
{
    // SQLite before 3.51.3 can corrupt a WAL that two connections write and checkpoint at once.
    private static readonly Version Oldest = new(3, 51, 3);

    // A reader's page cache is emptied whenever somebody has committed, and filled again page by page. glibc gives free memory back to the system
    // from 128 KiB up at the end of a heap; with these it keeps what a cache and a chunk of content come to. docs/performance.md has the gain.
    private const int KeptOctets = 16 * 1024 * 1024, LargestFromHeap = 1024 * 1024;

    static Connections()
    {
        _ = Libc.MallocOption(Libc.M_TRIM_THRESHOLD, KeptOctets);
        _ = Libc.MallocOption(Libc.M_MMAP_THRESHOLD, LargestFromHeap);
        Batteries_V2.Init();
    }

    /// <summary>For the writer loop: synchronous=FULL, and checkpoints only by the checkpoint thread.</summary>
    public static SqliteConnection OpenWriter(string path, TimeSpan busyWait)
    {
        // Never makes the file: one that vanished under a running service must not come back empty.
        var connection = Open(path, SqliteOpenMode.ReadWrite);
        BusyTimeout(connection, busyWait);
        RequireWal(connection, path);
        Execute(connection, "PRAGMA synchronous = FULL");
        Execute(connection, "PRAGMA wal_autocheckpoint = 0");
        Execute(connection, "PRAGMA journal_size_limit = 67108864"); // 64 MiB: a WAL that once grew gives the disk back
        Execute(connection, "PRAGMA cache_size = -2048"); // 2 MiB
        return connection;
    }

    /// <summary>Cannot write, whatever it is asked to run.</summary>
    public static SqliteConnection OpenReader(string path)
    {
        var connection = Open(path, SqliteOpenMode.ReadOnly);
        Execute(connection, "PRAGMA query_only = ON");
        Execute(connection, "PRAGMA cache_size = -1024"); // 1 MiB
        BusyTimeout(connection, TimeSpan.FromSeconds(5));
        return connection;
    }

    /// <summary>For a file that nobody else uses, such as a backup being written; it must be there.</summary>
    public static SqliteConnection OpenPlain(string path) => Open(path, SqliteOpenMode.ReadWrite);

    /// <summary>A database of its own in memory or, when it grows, in an unnamed temporary file; gone when closed.</summary>
    public static SqliteConnection OpenPrivate() => Open("", SqliteOpenMode.ReadWriteCreate);

    /// <summary>What a file that SQLite cannot open or read is to the operator.</summary>
    public static StoreRefusedException Refusal(string path, SqliteException trouble) => new(
        trouble.SqliteErrorCode switch
        {
            raw.SQLITE_NOTADB =>
                $"{path}: is not a postoffice store (not an SQLite file). Name another file with store=PATH, or move this one away.",
            raw.SQLITE_CORRUPT =>
                $"{path}: the file is damaged ({trouble.Message}). Keep a copy of it with its -wal file, then restore a backup.",
            raw.SQLITE_FULL => $"{path}: no space is left for it. Make room, then start again.",
            raw.SQLITE_BUSY => $"{path}: another program keeps it locked ({trouble.Message}). Find it with: fuser {path}",
            _ => $"{path}: cannot be opened ({trouble.Message}). Check the disk, its free space and the file's owner.",
        }, trouble);

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var statement = new Statement(connection.Handle!, sql);
        statement.Begin([]);
        while (statement.Step()) { }
        statement.End();
    }

    /// <param name="version">The library's own word on itself, such as <c>3.51.3</c>.</param>
    /// <exception cref="StoreRefusedException">It is a library that can damage a store.</exception>
    internal static void RequireSound(string version)
    {
        if (Version.Parse(version) >= Oldest) return;
        throw new StoreRefusedException(
            $"SQLite {version} is too old: {Oldest} or newer is needed (two writers can corrupt a WAL before it). Reinstall postoffice with its own library.");
    }

    private static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());
        try
        {
            connection.Open();
            RequireSound(connection.ServerVersion);
            // An attacker who wrote to the file must not run code through its schema.
            _ = raw.sqlite3_db_config(connection.Handle, raw.SQLITE_DBCONFIG_DEFENSIVE, 1, out _);
            Execute(connection, "PRAGMA trusted_schema = OFF");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void RequireWal(SqliteConnection connection, string path)
    {
        using var transaction = new StoreTransaction(connection, ownsConnection: false);
        if (transaction.One("PRAGMA journal_mode = WAL", row => row.Text(0)) == "wal") return;
        connection.Dispose();
        throw new StoreRefusedException($"{path}: its file system has no shared memory for SQLite's write-ahead log. Put store= on a disk of this machine.");
    }

    private static void BusyTimeout(SqliteConnection connection, TimeSpan wait) =>
        Statement.Check(raw.sqlite3_busy_timeout(connection.Handle, (int)wait.TotalMilliseconds), connection.Handle!);
}

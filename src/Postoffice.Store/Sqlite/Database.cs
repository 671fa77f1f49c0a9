using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Postoffice.Store.Log;

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
        using (var turn = new WriterTurn(options.Path))
        {
            turn.Take(); // two services that start together migrate one after the other
            using var connection = Connections.OpenWriter(options.Path, options.TurnDeadline);
            Migrator.Apply(connection, options.Path);
            turn.Give();
        }
        var writing = Connections.OpenWriter(options.Path, options.TurnDeadline);
        return new Database(options.Path, new WriterLoop(options.Path, options.TurnDeadline, writing, clock, log));
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
        using (var connection = Connections.OpenReader(options.Path)) Migrator.Recognise(connection, options.Path);
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
            throw new StoreUnavailableException(StoreTrouble.Broken, $"{path}: {trouble.Message}", trouble);
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

    private StoreTransaction OpenReader()
    {
        try
        {
            return new StoreTransaction(Connections.OpenReader(path));
        }
        catch (SqliteException trouble)
        {
            throw new StoreUnavailableException(StoreTrouble.Broken, $"{path}: {trouble.Message}", trouble);
        }
    }

    /// <summary>Makes the file itself 0600, whatever the umask; SQLite gives WAL and shared memory the same mode.</summary>
    private static void Create(string path)
    {
        if (!Native.SafeFile.TryOpen(path, Native.Libc.O_RDWR | Native.Libc.O_CREAT, out var file, out var error))
        {
            throw new StoreRefusedException($"{path}: cannot be opened ({System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(error)}). Check the directory's owner and free space.");
        }
        file.Dispose();
    }
}

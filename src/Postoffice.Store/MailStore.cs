using Microsoft.Extensions.Logging;
using Postoffice.Store.Content;
using Postoffice.Store.Leases;
using Postoffice.Store.Log;
using Postoffice.Store.Maintenance;
using Postoffice.Store.Projections;
using Postoffice.Store.Queries;
using Postoffice.Store.Retention;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store;

/// <summary>The store as programs see it: journal, content, leases, and the rows that people look at.</summary>
public sealed class MailStore : IDisposable
{
    private readonly Database database;

    private MailStore(Database database, Doorbell? bell)
    {
        this.database = database;
        Events = new SqliteEventLog(database);
        Content = new SqliteContentStore(database);
        Leases = new LeaseTable(database, new BootClock());
        Due = new DueQueue(database);
        Projections = new ProjectionEngine(database);
        Retention = new MailRetention(database);
        Queue = new QueueQuery(database);
        History = new HistoryQuery(database);
        Trace = new TraceQuery(database);
        Destinations = new DestinationQuery(database);
        Circuits = new CircuitQuery(database);
        if (bell is not null) database.Writer.Committed = bell.Ring;
        Bell = bell;
    }

    public IEventLog Events { get; }
    public IContentStore Content { get; }
    public ILeases Leases { get; }
    public DueQueue Due { get; }
    public ProjectionEngine Projections { get; }
    public MailRetention Retention { get; }
    public QueueQuery Queue { get; }
    public HistoryQuery History { get; }
    public TraceQuery Trace { get; }
    public DestinationQuery Destinations { get; }
    public CircuitQuery Circuits { get; }
    internal Database Database => database;
    private Doorbell? Bell { get; }

    /// <summary>For a service: makes the store when it is missing, brings its schema up to date, and rings the doorbell after each commit.</summary>
    /// <exception cref="StoreRefusedException">Says what is wrong and what to do.</exception>
    public static MailStore Open(StoreOptions options, TimeProvider clock, ILogger log)
    {
        var store = new MailStore(Database.Open(options, clock, log), new Doorbell(options.Path, clock));
        try
        {
            // A start-up step: nobody uses the store yet, and the writer it waits for has a thread of its own.
            store.Projections.PrepareInlineAsync(CancellationToken.None).GetAwaiter().GetResult();
            return store;
        }
        catch (StoreUnavailableException trouble)
        {
            store.Dispose();
            throw new StoreRefusedException($"{trouble.Message}. Start again when that is over.", trouble);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>For a program that only looks; whatever it asks, it cannot write.</summary>
    /// <exception cref="StoreRefusedException">Says what is wrong and what to do.</exception>
    public static MailStore OpenForReading(StoreOptions options) => new(Database.OpenForReading(options), bell: null);

    /// <summary>Looks the whole store over while mail goes on; takes as long as reading it once.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    public CheckReport Check(IProgress<StoreProgress>? progress, CancellationToken ct) => new StoreCheck(database, progress, ct).Run();

    /// <summary>Copies the store as it stands now to a new file, while mail goes on; see <see cref="StoreBackup"/>.</summary>
    /// <param name="file">Must not be there yet; appears when it is complete and synced.</param>
    /// <exception cref="BackupFailedException">Says why there is no backup.</exception>
    public void Backup(string file, IProgress<StoreProgress>? progress, CancellationToken ct) =>
        StoreBackup.Write(database.Path, file, progress, ct);

    /// <summary>Sizes and counts.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    public StoreStats Stats() => StoreStats.Take(database);

    public void Dispose()
    {
        database.Dispose();
        Bell?.Dispose();
    }
}

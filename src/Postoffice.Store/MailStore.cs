using Microsoft.Extensions.Logging;
using Postoffice.Store.Content;
using Postoffice.Store.Leases;
using Postoffice.Store.Log;
using Postoffice.Store.Projections;
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
        if (bell is not null) database.Writer.Committed = bell.Ring;
        Bell = bell;
    }

    public IEventLog Events { get; }
    public IContentStore Content { get; }
    public ILeases Leases { get; }
    public DueQueue Due { get; }
    internal Database Database => database;
    private Doorbell? Bell { get; }

    /// <summary>For a service: makes the store when it is missing, brings its schema up to date, and rings the doorbell after each commit.</summary>
    /// <exception cref="StoreRefusedException">Says what is wrong and what to do.</exception>
    public static MailStore Open(StoreOptions options, TimeProvider clock, ILogger log) =>
        new(Database.Open(options, clock, log), new Doorbell(options.Path, clock));

    /// <summary>For a program that only looks; whatever it asks, it cannot write.</summary>
    /// <exception cref="StoreRefusedException">Says what is wrong and what to do.</exception>
    public static MailStore OpenForReading(StoreOptions options) => new(Database.OpenForReading(options), bell: null);

    public void Dispose()
    {
        database.Dispose();
        Bell?.Dispose();
    }
}

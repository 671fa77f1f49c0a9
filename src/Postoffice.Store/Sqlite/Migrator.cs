using System.Runtime.ExceptionServices;
using System.Text;
using EvolveDb;
using Microsoft.Data.Sqlite;

namespace Postoffice.Store.Sqlite;

/// <summary>Brings a store to the schema this program knows, or refuses it with a sentence that says what to do. Forward only.</summary>
internal static class Migrator
{
    private const string ResourcePrefix = "Postoffice.Migrations.V";
    private const int ApplicationId = 0x504F5354;

    /// <summary>Number of the newest migration this program carries.</summary>
    public static readonly int Newest = typeof(Migrator).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
        .Max(name => int.Parse(name.AsSpan(ResourcePrefix.Length, 4)));

    /// <summary>Applies what is missing. The caller holds the writers' turn, so two starting services do not race.</summary>
    /// <exception cref="StoreRefusedException">Not our file, a newer schema, or a migration that was changed after it was applied.</exception>
    /// <exception cref="SqliteException">The file cannot be written; a migration is applied whole or not at all.</exception>
    public static void Apply(SqliteConnection connection, string path)
    {
        Recognise(connection, path);
        var log = new StringBuilder();
        try
        {
            var evolve = new Evolve(connection, message => log.AppendLine(message))
            {
                EmbeddedResourceAssemblies = [typeof(Migrator).Assembly],
                EmbeddedResourceFilters = [ResourcePrefix],
                SqlMigrationSeparator = "_",
                MetadataTableName = "migration",
                IsEraseDisabled = true,
                EnableClusterMode = false,
            };
            evolve.Migrate();
        }
        catch (EvolveValidationException changed)
        {
            throw new StoreRefusedException(
                $"{path}: a migration of this store differs from the one this program carries ({changed.Message.Trim()}). "
                + "Install the release that wrote the store, or restore a backup.", changed);
        }
        catch (EvolveException failed) when (failed.GetBaseException() is SqliteException trouble)
        {
            ExceptionDispatchInfo.Throw(trouble); // what the disk said, for whoever judges it
        }
    }

    /// <summary>Refuses what must not be opened; an empty file is a store to be.</summary>
    /// <returns>Number of the newest migration applied; 0 for none.</returns>
    /// <exception cref="StoreRefusedException">Not our file, or a newer schema.</exception>
    public static int Recognise(SqliteConnection connection, string path)
    {
        using var transaction = new StoreTransaction(connection, ownsConnection: false);
        if (transaction.Number("SELECT count(*) FROM sqlite_master") == 0) return 0;
        // The library makes its own table before the first migration names the file as ours.
        var recorded = transaction.Number("SELECT count(*) FROM sqlite_master WHERE name = 'migration'") == 1;
        var version = recorded ? transaction.Number("SELECT max(CAST(version AS INTEGER)) FROM migration WHERE success = 1") ?? 0 : 0;
        if (transaction.Number("PRAGMA application_id") != ApplicationId && !(recorded && version == 0))
        {
            throw new StoreRefusedException($"{path}: this SQLite file is not a postoffice store. Name another file with store=PATH, or move this one away.");
        }
        if (version > Newest)
        {
            throw new StoreRefusedException(
                $"{path}: the store has schema {version} and this program knows {Newest}. Start the newer release that wrote it, or restore a backup.");
        }
        return (int)version;
    }
}

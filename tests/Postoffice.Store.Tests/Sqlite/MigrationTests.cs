using Microsoft.Extensions.Logging.Abstractions;
using Postoffice.Store.Sqlite;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Sqlite;

/// <summary>A migration in bad circumstances: behind a failed sync, and cut off in the middle.</summary>
public sealed class MigrationTests : IDisposable
{
    private readonly TempDirectory place = new();

    private StoreOptions Options => new() { Path = place.File("postoffice.db"), TurnDeadline = TimeSpan.FromMilliseconds(200) };

    public void Dispose() => place.Dispose();

    [Fact]
    public void Behind_a_failed_sync_nothing_is_migrated_before_a_clean_checkpoint()
    {
        using (Open()) { }
        Taint();
        using (var reader = Connections.OpenReader(Options.Path))
        {
            ForgetOne();
            Connections.Execute(reader, "BEGIN");
            Connections.Execute(reader, "SELECT count(*) FROM event"); // its snapshot keeps the checkpoint back
            var refused = Assert.Throws<StoreRefusedException>(() => Open().Dispose());

            Assert.Contains("a sync failed", refused.Message);
            Assert.Contains($"fuser {Options.Path}", refused.Message);
        }

        Assert.DoesNotContain("a sync failed", Assert.Throws<StoreRefusedException>(() => Open().Dispose()).Message); // it came to the migration
    }

    [Fact]
    public async Task The_mark_of_a_failed_sync_stays_for_the_writer_who_takes_it_away()
    {
        using (Open()) { }
        Taint();

        using (var store = Open()) await store.AcceptAsync(TestContext.Current.CancellationToken);

        using var turn = new WriterTurn(Options.Path);
        Assert.False(turn.IsTainted);
    }

    [Fact]
    public void A_migration_that_fails_leaves_nothing_of_it_and_is_refused_with_the_reason()
    {
        using (Open()) { }
        ForgetOne();
        var before = Dump();

        var refused = Assert.Throws<StoreRefusedException>(() => Open().Dispose());

        Assert.Contains("SQLite Error 1: ", refused.Message);
        Assert.Equal(before, Dump());
    }

    private MailStore Open() => MailStore.Open(Options, TimeProvider.System, NullLogger.Instance);

    private void Taint()
    {
        using var turn = new WriterTurn(Options.Path);
        turn.Taint();
    }

    private List<string> Dump()
    {
        using var reader = new StoreTransaction(Connections.OpenReader(Options.Path));
        return reader.All("SELECT name || ' ' || coalesce(sql, '') FROM sqlite_master ORDER BY name", row => row.Text(0));
    }

    private void Sql(string sql)
    {
        using var connection = Connections.OpenPlain(Options.Path);
        Connections.Execute(connection, sql);
    }

    /// <summary>0007 is applied once more, and fails since the column that it adds is there.</summary>
    private void ForgetOne() => Sql("DELETE FROM migration WHERE CAST(version AS INTEGER) >= 7");
}

using Microsoft.Data.Sqlite;
using Postoffice.Store.Log;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Log;

/// <summary>Facts are never changed or deleted in silence, whoever writes the SQL.</summary>
public sealed class AppendOnlyTests : IDisposable
{
    private readonly TempStore temp = new();
    private readonly CancellationToken ct = TestContext.Current.CancellationToken;

    public void Dispose() => temp.Dispose();

    [Theory]
    [InlineData("DELETE FROM event", "facts are not deleted")]
    [InlineData("DELETE FROM event WHERE position = 2", "facts are not deleted")]
    [InlineData("UPDATE event SET data = '{}'", "facts are not changed")]
    [InlineData("UPDATE event SET recorded_at_ms = recorded_at_ms + 1 WHERE position = 1", "facts are not changed")]
    [InlineData("INSERT OR REPLACE INTO event (position, stream, version, name, data, recorded_at_ms) VALUES (1, 'x', 1, 'y', '{}', 0)", "facts are not replaced")]
    [InlineData("REPLACE INTO event (stream, version, name, data, recorded_at_ms) SELECT stream, version, name, '{}', 0 FROM event", "facts are not replaced")]
    [InlineData("INSERT INTO event (stream, version, name, data, recorded_at_ms) VALUES ('x', 0, 'y', '{}', 0)", "CHECK")]
    [InlineData("INSERT INTO event (stream, version, name, data, recorded_at_ms) VALUES ('x', 1, 'y', 'no json', 0)", "CHECK")]
    public async Task Sql_itself_refuses_to_change_the_past(string sql, string words)
    {
        await temp.Store.DeliverAsync(ct);
        var before = await temp.Store.Events.ReadAllAsync(0, 10, ct);

        var refused = await Assert.ThrowsAsync<SqliteException>(() => temp.Store.Database.Writer.RunAsync(tx => tx.Run(sql), ct));

        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await temp.Store.Events.ReadAllAsync(0, 10, ct));
    }

    [Fact]
    public async Task A_permit_lets_go_exactly_the_facts_it_names()
    {
        await temp.Store.DeliverAsync(ct);
        await temp.Store.Database.Writer.RunAsync(tx =>
        {
            tx.Run("INSERT INTO purge_permit (position) VALUES (3)");
            tx.Run("DELETE FROM event WHERE position = 3");
            return Assert.Throws<SqliteException>(() => tx.Run("DELETE FROM event WHERE position = 2"));
        }, ct);
        Assert.Equal([1L, 2L], (await temp.Store.Events.ReadAllAsync(0, 10, ct)).Select(recorded => recorded.Position));
    }

    [Fact]
    public void A_reader_cannot_write_whatever_it_is_asked_to_run()
    {
        var refused = Assert.Throws<StoreUnavailableException>(() => temp.Store.Database.Read(tx => tx.Run("DELETE FROM lease")));
        Assert.Contains("readonly", refused.Message, StringComparison.Ordinal);
    }
}

using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Tests.Sqlite;

/// <summary>S11 of the attack catalogue: a library that can damage a store never opens one.</summary>
public sealed class ConnectionsTests
{
    [Theory]
    [InlineData("3.7.0")]
    [InlineData("3.40.1")] // Debian 12's
    [InlineData("3.51.2")]
    public void An_SQLite_that_can_corrupt_a_write_ahead_log_is_refused_with_a_sentence(string version)
    {
        var refused = Assert.Throws<StoreRefusedException>(() => Connections.RequireSound(version));
        Assert.Equal(
            $"SQLite {version} is too old: 3.51.3 or newer is needed (two writers can corrupt a WAL before it). Reinstall postoffice with its own library.",
            refused.Message);
    }

    [Theory]
    [InlineData("3.51.3")]
    [InlineData("3.100.0")]
    [InlineData("4.0.0")]
    public void A_later_one_is_taken(string version) => Connections.RequireSound(version);

    [Fact]
    public void The_library_that_connections_use_is_one_of_those()
    {
        using var connection = Connections.OpenPrivate();
        Connections.RequireSound(connection.ServerVersion);
    }
}

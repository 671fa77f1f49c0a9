using Microsoft.Data.Sqlite;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

public sealed class FirstStartTests
{
    /// <summary>Each migration is a commit, and each commit a sync: strace places the SIGKILL in one of them.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(12)]
    [InlineData(14)]
    public async Task A_start_killed_between_two_migrations_is_made_good_by_the_next(int sync)
    {
        await using var site = new Site();
        await using (var killed = Service.Start(
            OutsideProgram.Require("strace"),
            "-D", "-f", "-o", site.File("trace"), "-e", "trace=fsync,fdatasync", "-e", $"inject=fsync,fdatasync:signal=KILL:when={sync}",
            Service.Program("postoffice-smtpd"), "-C", site.Configuration))
        {
            await Eventually.HoldsAsync(() => killed.HasExited, () => $"the kill in sync {sync}\n{killed.Said}");
        }
        var (applied, all) = (Applied(site.StorePath), Directory.GetFiles(Checkout.At("migrations/sqlite"), "*.sql").Length);
        Assert.InRange(applied, 1, all - 1);

        await site.StartListenerAsync();
        (await site.SwaksAsync("--from", "alice@example.net", "--to", Site.Address)).Succeeded();

        Assert.Equal(all, Applied(site.StorePath));
        (await site.PostofficeAsync("store", "check")).Succeeded();
    }

    private static int Applied(string store)
    {
        using var connection = new SqliteConnection($"Data Source={store};Pooling=False");
        connection.Open();
        using var count = connection.CreateCommand();
        count.CommandText = "SELECT count(DISTINCT version) FROM migration WHERE success = 1 AND version IS NOT NULL AND version <> '0'";
        return (int)(long)count.ExecuteScalar()!;
    }
}

using Microsoft.Data.Sqlite;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>
/// A store as an earlier release would have left it: made by the first migrations only, with journal, content and lease of a store of today, and the
/// rows of that release's tables, folded by its folds.
/// </summary>
internal static class EarlierStore
{
    /// <summary>The first one in which mail can wait: later ones change tables that are folded from the journal, and what the journal allows.</summary>
    public const int Schema = 5;

    /// <summary>The one that our programs bring a store to.</summary>
    public static int Newest => Migrations.Count;

    private static IReadOnlyList<string> Migrations => [.. Directory.GetFiles(Checkout.At("migrations/sqlite"), "*.sql").Order(StringComparer.Ordinal)];

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // What the earlier tables have no word for stands there as it would have stood.
    private static readonly string Copy = $$"""
        INSERT INTO migration SELECT * FROM today.migration WHERE CAST(version AS INTEGER) <= {{Schema}};
        INSERT INTO event SELECT * FROM today.event;
        DELETE FROM sqlite_sequence;
        INSERT INTO sqlite_sequence SELECT * FROM today.sqlite_sequence;
        INSERT INTO content SELECT * FROM today.content;
        INSERT INTO content_chunk SELECT * FROM today.content_chunk;
        INSERT INTO lease SELECT * FROM today.lease;
        INSERT INTO projection SELECT name, 1, position FROM today.projection WHERE name IN ('due_delivery', 'mail_history');
        INSERT INTO due_delivery SELECT queue_id, recipient, due_at_ms, attempt, held FROM today.due_delivery;
        INSERT INTO mail SELECT queue_id, version, accepted_at_ms, sender, size, client, protocol, open, held, finished_at_ms, content_purged FROM today.mail;
        INSERT INTO mail_recipient
            SELECT queue_id, number, address, CASE status WHEN 'in-doubt' THEN 'pending' ELSE status END, attempts, next_attempt_at_ms, last_reply, settled_at_ms
              FROM today.mail_recipient;
        """;

    /// <summary>Puts one in the place of a store that nobody has open.</summary>
    public static void Make(string path)
    {
        var earlier = $"{path}.earlier";
        using (var connection = Open(earlier, SqliteOpenMode.ReadWriteCreate))
        {
            Run("PRAGMA journal_mode = WAL", connection);
            foreach (var file in Migrations.Take(Schema)) Run(File.ReadAllText(file), connection);
            Run($"ATTACH '{path}' AS today", connection);
            Run((string)Ask("SELECT sql FROM today.sqlite_master WHERE name = 'migration'", connection), connection);
            Run($"BEGIN; {Copy} COMMIT", connection);
        }
        Assert.False(File.Exists($"{path}-wal"), "we had it open last, and its log stays: it would be taken for the other one's");
        File.SetUnixFileMode(earlier, OwnerOnly);
        File.Move(earlier, path, overwrite: true);
    }

    /// <summary>The newest migration that is committed; looked up beside whoever migrates.</summary>
    public static int SchemaOf(string path)
    {
        using var connection = Open(path, SqliteOpenMode.ReadOnly);
        return (int)(long)Ask("SELECT max(CAST(version AS INTEGER)) FROM migration WHERE success = 1", connection);
    }

    private static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private static void Run(string sql, SqliteConnection connection)
    {
        using var command = new SqliteCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    private static object Ask(string sql, SqliteConnection connection)
    {
        using var command = new SqliteCommand(sql, connection);
        return command.ExecuteScalar()!;
    }
}

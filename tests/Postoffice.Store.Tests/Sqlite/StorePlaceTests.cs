using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Postoffice.Store.Native;
using Postoffice.Store.Sqlite;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Sqlite;

/// <summary>A store that must not be opened is refused with a sentence that says what to do.</summary>
public sealed class StorePlaceTests : IDisposable
{
    private readonly TempDirectory place = new();

    private string Path => place.File("postoffice.db");

    public void Dispose() => place.Dispose();

    [Theory]
    [InlineData(0x6969, "NFS")]
    [InlineData(0xFF534D42, "CIFS")]
    [InlineData(unchecked((long)0xFFFFFFFFFF534D42), "CIFS")]
    [InlineData(0x65735546, "FUSE")]
    public void A_network_file_system(long magic, string kind)
    {
        var refused = Assert.Throws<StoreRefusedException>(() => StorePlace.Prepare(Path, _ => magic));
        Says(refused, $"on a {kind} file system", "Put store= on a disk of this machine");
    }

    [Fact]
    public void A_directory_that_others_may_enter()
    {
        Assert.Equal(0, Libc.Chmod(place.Path, 0x1E8)); // 0750
        Says(Refused(), "mode 0750", "Name a folder of the store's own");
    }

    [Fact]
    public void A_store_that_others_may_read()
    {
        Make();
        Assert.Equal(0, Libc.Chmod(Path, 0x1A4)); // 0644
        Says(Refused(), "mode 0644", "chmod 0600");
    }

    [Fact]
    public void A_store_of_somebody_else()
    {
        Make();
        if (Libc.Chown(Path, 65534, 65534) != 0) Assert.Skip("only root can give a file away");
        Says(Refused(), "belongs to nobody", "Start it as nobody");
    }

    [Fact]
    public void A_symbolic_link()
    {
        Make();
        new FileInfo(place.File("link.db")).CreateAsSymbolicLink(Path);
        Says(Refused(place.File("link.db")), "must be a regular file with one name", "store=PATH");
    }

    [Fact]
    public void A_file_that_is_not_SQLite()
    {
        Write(Path, "From alice@example.net Mon Jan  1 00:00:00 2026\n\nnot a database, but long enough to be taken for one, says the mbox.\n");
        Says(Refused(), "not an SQLite file", "move this one away");
    }

    [Fact]
    public void An_SQLite_file_of_another_program()
    {
        Write(Path, "");
        Sql("CREATE TABLE recipe (name TEXT)");
        Says(Refused(), "is not a postoffice store", "store=PATH");
    }

    [Fact]
    public void A_newer_schema()
    {
        Make();
        Sql("INSERT INTO migration (id, type, version, description, name, checksum, installed_by, success) VALUES (999, 0, '9999', 'x', 'x', 'x', 'x', 1)");
        Says(Refused(), $"has schema 9999 and this program knows {Migrator.Newest}", "newer release");
    }

    [Fact]
    public void A_migration_that_was_changed_after_it_was_applied()
    {
        Make();
        Sql("UPDATE migration SET checksum = 'changed' WHERE version = '0002' OR version = '2'");
        Says(Refused(), "a migration of this store differs", "Install the release that wrote the store, or restore a backup");
    }

    [Fact]
    public void A_store_that_is_not_there_is_not_made_by_a_reader()
    {
        Says(Assert.Throws<StoreRefusedException>(() => MailStore.OpenForReading(new StoreOptions { Path = Path })), "no store yet", "Start postoffice-smtpd");
        Assert.False(SafeFile.TryStat(Path, out _));
    }

    [Fact]
    public void An_older_schema_is_not_read_until_a_service_has_brought_it_up_to_date()
    {
        Make();
        Sql($"DELETE FROM migration WHERE CAST(version AS INTEGER) = {Migrator.Newest}");
        var refused = Assert.Throws<StoreRefusedException>(() => MailStore.OpenForReading(new StoreOptions { Path = Path }));
        Says(refused, "has schema ", "brings the store up to date");
    }

    [Fact]
    public void Everything_that_is_made_is_for_the_owner_alone()
    {
        using var store = MailStore.Open(new StoreOptions { Path = Path }, TimeProvider.System, NullLogger.Instance);
        foreach (var file in System.IO.Directory.GetFiles(place.Path))
        {
            Assert.True(SafeFile.TryStat(file, out var found));
            Assert.Equal((file, 0x180u), (file, found.Permissions));
        }
    }

    private StoreRefusedException Refused(string? path = null) => Assert.Throws<StoreRefusedException>(() =>
        MailStore.Open(new StoreOptions { Path = path ?? Path }, TimeProvider.System, NullLogger.Instance).Dispose());

    private static void Says(StoreRefusedException refused, string what, string toDo)
    {
        Assert.Contains(what, refused.Message, StringComparison.Ordinal);
        Assert.Contains(toDo, refused.Message, StringComparison.Ordinal);
    }

    private void Make() => MailStore.Open(new StoreOptions { Path = Path }, TimeProvider.System, NullLogger.Instance).Dispose();

    private void Sql(string sql)
    {
        using var connection = Connections.OpenPlain(Path);
        Connections.Execute(connection, sql);
    }

    private static void Write(string path, string text)
    {
        using var handle = SafeFile.Open(path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL);
        using var stream = new FileStream(handle, FileAccess.Write);
        stream.Write(Octets.Of(text));
    }
}

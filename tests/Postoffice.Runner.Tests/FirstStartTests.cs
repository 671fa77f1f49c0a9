using Microsoft.Extensions.Logging.Abstractions;
using Postoffice.Store;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests;

/// <summary>A program whose disk fails while it makes its store: the next start finds nothing half done.</summary>
public sealed class FirstStartTests : IDisposable
{
    private static readonly string Program = Path.Join(AppContext.BaseDirectory, "postoffice-runner");
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task A_sync_that_fails_during_its_migrations_ends_it_with_a_sentence_and_it_starts_again(int sync)
    {
        using var fresh = new TempStore();
        var expected = await SchemaAsync(fresh.Store);

        Assert.Equal(78, await RunAsync($"fsync,fdatasync:error=EIO:when={sync}", "-P", StorePath + "-wal"));
        Assert.Equal(1, new FileInfo(StorePath + ".write").Length); // nobody appends behind it before a clean checkpoint

        using var store = Open();
        Assert.Equal(expected, await SchemaAsync(store));
    }

    private string StorePath => directory.File("store/postoffice.db");

    private MailStore Open() => MailStore.Open(new StoreOptions { Path = StorePath }, TimeProvider.System, NullLogger.Instance);

    /// <summary>What the schema is made of, counted.</summary>
    private static async Task<(long? Objects, long? Octets, long? Migrations)> SchemaAsync(MailStore store) => (
        await store.SqlAsync("SELECT count(*) FROM sqlite_master"),
        await store.SqlAsync("SELECT sum(length(name) + coalesce(length(sql), 0)) FROM sqlite_master"),
        await store.SqlAsync("SELECT count(*) FROM migration WHERE success = 1"));

    /// <summary>Runs the program under strace(1), which injects the fault at one system call on one file.</summary>
    private async Task<int> RunAsync(string fault, params string[] on)
    {
        Directory.CreateDirectory(directory.File("store"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var configuration = directory.File("postoffice.cf");
        using (var file = new StreamWriter(new FileStream(configuration, FileMode.Create)))
        {
            await file.WriteLineAsync($"store={StorePath}\nhostname=mx.example.test\ncontrol={directory.File("control")}\nmailbox=maildir:{directory.File("mail/%u")}");
        }
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var strace = ChildProcess.Start(
            "strace", ["-f", "--seccomp-bpf", "-o", "/dev/null", .. on, "-e", $"trace={fault.Split(':')[0]}", "-e", $"inject={fault}", Program, "-C", configuration]);
        return await strace.ExitAsync(limit.Token);
    }
}

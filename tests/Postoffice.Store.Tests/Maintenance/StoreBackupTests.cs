using Postoffice.Store.Log;
using Postoffice.Store.Maintenance;
using Postoffice.Store.Native;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Maintenance;

public sealed class StoreBackupTests : IDisposable
{
    private readonly TempStore temp = new();
    private readonly CancellationToken ct = TestContext.Current.CancellationToken;

    private MailStore Store => temp.Store;

    public void Dispose() => temp.Dispose();

    [Fact]
    public async Task A_backup_taken_under_load_holds_everything_acknowledged_before_it_and_opens_as_a_store()
    {
        for (var i = 0; i < 50; i++) await Store.AcceptAsync(ct, new byte[30_000]);
        var before = await Store.Events.LastPositionAsync(ct);
        using var stop = new CancellationTokenSource();
        var written = 0;
        var load = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await Store.AcceptAsync(ct, new byte[30_000]);
                Interlocked.Increment(ref written);
            }
        }, ct);
        using var place = new TempDirectory();
        var last = default(StoreProgress);
        var atFirst = -1;

        Store.Backup(place.File("postoffice.db"), new Told(progress =>
        {
            if (atFirst < 0) atFirst = Volatile.Read(ref written);
            last = progress;
            // The copy waits here until writers have gone on: they do not wait for it.
            SpinWait.SpinUntil(() => Volatile.Read(ref written) > atFirst, TimeSpan.FromSeconds(20));
        }), ct);

        await stop.CancelAsync();
        await load;
        Assert.True(last.Done == last.Total && last.Total > 0);
        Assert.True(written > atFirst);
        Assert.True(SafeFile.TryStat(place.File("postoffice.db"), out var file));
        Assert.Equal(0x180u, file.Permissions);
        Assert.Equal(["postoffice.db"], System.IO.Directory.GetFiles(place.Path).Select(Path.GetFileName));
        using var copy = MailStore.OpenForReading(new StoreOptions { Path = place.File("postoffice.db") });
        Assert.True(await copy.Events.LastPositionAsync(ct) >= before);
        Assert.True(copy.Check(progress: null, ct).IsClean);
    }

    [Theory]
    [InlineData("there.db")]
    [InlineData("there.db.part")]
    public void An_existing_file_is_never_written_over(string there)
    {
        System.IO.Directory.CreateDirectory(temp.Directory.File(there));
        var refused = Assert.Throws<BackupFailedException>(() => Store.Backup(temp.Directory.File("there.db"), progress: null, ct));
        Assert.Contains("is there already", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_that_was_cut_off_leaves_nothing()
    {
        await Store.AcceptAsync(ct, new byte[10_000_000]);
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() =>
            Store.Backup(temp.Directory.File("copy.db"), new Told(_ => stop.Cancel()), stop.Token));
        Assert.Empty(System.IO.Directory.GetFiles(temp.Directory.Path, "copy*"));
    }

    private sealed class Told(Action<StoreProgress> tell) : IProgress<StoreProgress>
    {
        public void Report(StoreProgress value) => tell(value);
    }
}

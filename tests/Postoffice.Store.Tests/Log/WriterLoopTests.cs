using Microsoft.Extensions.Logging.Abstractions;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;
using Postoffice.Store.Sqlite;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Log;

public sealed class WriterLoopTests : IDisposable
{
    private readonly TempStore temp = new();
    private readonly CancellationToken ct = TestContext.Current.CancellationToken;

    private MailStore Store => temp.Store;

    public void Dispose() => temp.Dispose();

    [Fact]
    public async Task The_writer_syncs_before_it_answers()
    {
        Assert.Equal(2, await Store.Database.Writer.RunAsync(tx => tx.Number("PRAGMA synchronous"), ct)); // FULL
        Assert.Equal(0, await Store.Database.Writer.RunAsync(tx => tx.Number("PRAGMA wal_autocheckpoint"), ct));
    }

    [Fact]
    public async Task One_request_that_is_wrong_does_not_fail_the_others_of_its_batch()
    {
        using var hold = new ManualResetEventSlim();
        var first = Store.Database.Writer.RunAsync(_ => hold.Wait(TimeSpan.FromSeconds(20)), ct); // the rest gathers behind it
        var good = Enumerable.Range(0, 20).Select(_ => Store.AcceptAsync(ct)).ToList();
        var bad = Store.Database.Writer.RunAsync<int>(_ => throw new InvalidOperationException("my own fault"), ct);
        var wrongSql = Store.Database.Writer.RunAsync(tx => tx.Run("INSERT INTO event (stream) VALUES (NULL)"), ct);
        var more = Enumerable.Range(0, 20).Select(_ => Store.AcceptAsync(ct)).ToList();
        hold.Set();

        Assert.True(await first);
        Assert.Equal("my own fault", (await Assert.ThrowsAsync<InvalidOperationException>(() => bad)).Message);
        await Assert.ThrowsAsync<Microsoft.Data.Sqlite.SqliteException>(() => wrongSql);
        await Task.WhenAll(good.Concat(more));
        Assert.Equal(40, await Store.Events.LastPositionAsync(ct));
    }

    [Fact]
    public async Task A_request_is_withdrawn_while_it_waits_and_finished_once_it_runs()
    {
        using var hold = new ManualResetEventSlim();
        using var running = new ManualResetEventSlim();
        using var cancel = new CancellationTokenSource();
        var begun = Store.Database.Writer.RunAsync(_ =>
        {
            running.Set();
            return hold.Wait(TimeSpan.FromSeconds(20));
        }, cancel.Token);
        Assert.True(running.Wait(TimeSpan.FromSeconds(20), ct));
        var ran = false;
        var waits = Store.Database.Writer.RunAsync(_ => ran = true, cancel.Token);

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        hold.Set();

        Assert.True(await begun);
        Assert.Equal(0, await Store.Database.Writer.RunAsync(_ => 0, ct));
        Assert.False(ran);
    }

    [Fact]
    public async Task Two_stores_on_one_file_take_turns()
    {
        const int each = 150;
        using var second = temp.Open();
        async Task WriteAsync(MailStore store, string name)
        {
            for (var i = 0; i < each; i++)
            {
                await store.Events.AppendAsync(new Append(StreamId.Service(name), ExpectedVersion.Any, new MessageReleased(name)), ct);
            }
        }

        await Task.WhenAll(Task.Run(() => WriteAsync(Store, "one"), ct), Task.Run(() => WriteAsync(second, "two"), ct));

        var order = (await Store.Events.ReadAllAsync(0, 3 * each, ct)).Select(recorded => recorded.Stream.Name).ToList();
        Assert.Equal(2 * each, order.Count);
        var changes = order.Zip(order.Skip(1)).Count(pair => pair.First != pair.Second);
        Assert.True(changes > 10, $"turns changed {changes} times only");
    }

    [Fact]
    public async Task A_foreign_holder_of_the_turn_is_named_when_the_deadline_passes_and_work_goes_on_afterwards()
    {
        using var impatient = MailStore.Open(temp.Options with { TurnDeadline = TimeSpan.FromMilliseconds(300) }, TimeProvider.System, NullLogger.Instance);
        using (var holder = ChildProcess.Start("flock", temp.Options.Path + ".write", "-c", "echo held; exec cat"))
        {
            Assert.Equal("held", await holder.LineAsync(ct));
            var busy = await Assert.ThrowsAsync<StoreUnavailableException>(() => impatient.AcceptAsync(ct));
            Assert.Equal(StoreTrouble.Busy, busy.Trouble);
            Assert.Matches("process [0-9]+ keeps the store's write lock", busy.Message);
            Assert.Equal(0, await impatient.Events.LastPositionAsync(ct));
        }
        await impatient.AcceptAsync(ct);
        Assert.Equal(1, await impatient.Events.LastPositionAsync(ct));
    }

    [Fact]
    public async Task A_start_waits_for_a_foreign_holder_no_longer_than_the_deadline_and_names_it()
    {
        var impatient = temp.Options with { TurnDeadline = TimeSpan.FromMilliseconds(300) };
        using (var holder = ChildProcess.Start("flock", temp.Options.Path + ".write", "-c", "echo held; exec cat"))
        {
            Assert.Equal("held", await holder.LineAsync(ct));
            var opening = Task.Run(() => MailStore.Open(impatient, TimeProvider.System, NullLogger.Instance), ct);
            var refused = await Assert.ThrowsAsync<StoreRefusedException>(() => opening.WaitAsync(TimeSpan.FromSeconds(20), ct));
            Assert.Matches("process [0-9]+ keeps the store's write lock", refused.Message);
        }
        using var later = MailStore.Open(temp.Options, TimeProvider.System, NullLogger.Instance);
        await later.AcceptAsync(ct);
    }

    [Fact]
    public async Task A_foreign_write_transaction_is_waited_for_no_longer_than_the_deadline()
    {
        using var impatient = MailStore.Open(temp.Options with { TurnDeadline = TimeSpan.FromMilliseconds(300) }, TimeProvider.System, NullLogger.Instance);
        using (var foreign = new StoreTransaction(Connections.OpenWriter(temp.Options.Path, TimeSpan.Zero)))
        {
            foreign.Run("BEGIN IMMEDIATE");
            var busy = await Assert.ThrowsAsync<StoreUnavailableException>(() => impatient.AcceptAsync(ct));
            Assert.Equal(StoreTrouble.Busy, busy.Trouble);
        }
        await impatient.AcceptAsync(ct);
    }

    [Fact]
    public async Task A_full_store_accepts_nothing_by_halves_and_heals_by_itself()
    {
        await Store.AcceptAsync(ct);
        var pages = Store.Database.Read(tx => tx.Number("PRAGMA page_count"))!.Value;
        await LimitAsync(pages + 20);

        var full = await Assert.ThrowsAsync<StoreUnavailableException>(() => Store.AcceptAsync(ct, new byte[120_000]));
        Assert.Equal(StoreTrouble.Full, full.Trouble);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Store.AcceptAsync(ct, new byte[2_000_000])); // staged chunk by chunk
        Assert.Equal(1, await Store.Events.LastPositionAsync(ct));
        Assert.True(Store.Check(progress: null, ct).IsClean);

        await LimitAsync(1_000_000);
        await Store.AcceptAsync(ct, new byte[120_000]);
        Assert.True(Store.Check(progress: null, ct).IsClean);
    }

    [Fact]
    public async Task Ballast_is_given_up_on_a_full_disk_so_that_an_outcome_is_still_recorded()
    {
        using var disk = SmallDisk.Mount(megabytes: 8);
        var options = new StoreOptions { Path = disk.File("store/postoffice.db"), MinFree = 0 };
        using var store = MailStore.Open(options, TimeProvider.System, NullLogger.Instance);
        var id = await store.AcceptAsync(ct);
        Assert.True(SpinWait.SpinUntil(() => SafeFile.TryStat(Ballast.PathFor(options.Path), out var made) && made.Length == Ballast.Size, TimeSpan.FromSeconds(20)));
        disk.Fill();

        await store.AttemptAsync(id, OutcomeKind.Delivered, ct);

        Assert.False(SafeFile.TryStat(Ballast.PathFor(options.Path), out _));
        Assert.Equal(3, await store.Events.LastPositionAsync(ct));
        Assert.True(store.Check(progress: null, ct).IsClean);
    }

    [Fact]
    public async Task A_mark_left_by_a_dead_process_is_mended_by_the_next_writer()
    {
        await Store.AcceptAsync(ct);
        using (var dead = new WriterTurn(temp.Options.Path))
        {
            dead.Take();
            dead.Taint();
            dead.Give();
        }
        await Store.AcceptAsync(ct);
        using var next = new WriterTurn(temp.Options.Path);
        next.Take();
        Assert.False(next.IsTainted);
        next.Give();
        Assert.True(SafeFile.TryStat(temp.Options.Path + "-wal", out var wal));
        Assert.True(wal.Length < 100_000); // the checkpoint has emptied it before the append
    }

    [Fact]
    public async Task The_WAL_is_restarted_past_its_mark_though_readers_come_and_go()
    {
        using var stop = new CancellationTokenSource();
        var reading = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested) Store.Database.Read(tx => tx.Number("SELECT count(*) FROM event"));
        }, ct);
        var largest = 0L;
        for (var i = 0; i < 60; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Store.AcceptAsync(ct, new byte[120_000]))); // 5 MB each time, 300 in all
            if (SafeFile.TryStat(temp.Options.Path + "-wal", out var wal)) largest = Math.Max(largest, (long)wal.Length);
        }
        await stop.CancelAsync();
        await reading;
        Assert.InRange(largest, 1, 256 * 1024 * 1024);
    }

    [Fact]
    public async Task Closing_commits_what_waits_and_refuses_what_comes_later()
    {
        var writing = Enumerable.Range(0, 100).Select(_ => Store.AcceptAsync(ct)).ToList();
        Store.Dispose();
        await Task.WhenAll(writing);
        var late = await Assert.ThrowsAsync<StoreUnavailableException>(() => Store.Database.Writer.RunAsync(_ => 1, ct));
        Assert.Equal(StoreTrouble.Stopping, late.Trouble);
    }

    private Task LimitAsync(long pages) => Store.Database.Writer.RunAsync(tx => tx.Number($"PRAGMA max_page_count = {pages}"), ct);
}

using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Projections;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Projections;

public sealed class ProjectionEngineTests : IDisposable
{
    private readonly TempStore temp = new();
    private readonly CancellationToken ct = TestContext.Current.CancellationToken;

    private MailStore Store => temp.Store;

    public void Dispose() => temp.Dispose();

    [Fact]
    public async Task Following_projections_catch_up_in_bounded_steps()
    {
        for (var i = 0; i < 5; i++) await Store.DeliverAsync(ct); // 15 facts
        Assert.Equal(15, Lag("mail_history"));

        Assert.True(await Store.Projections.CatchUpAsync(10, ct));
        Assert.Equal(5, Lag("mail_history"));
        Assert.False(await Store.Projections.CatchUpAsync(10, ct));
        Assert.Equal(0, Lag("mail_history"));
        Assert.Equal(5, Count("SELECT count(*) FROM mail WHERE finished_at_ms IS NOT NULL"));
    }

    [Fact]
    public async Task A_fact_that_cannot_be_read_is_quarantined_with_its_reason_and_the_fold_goes_on()
    {
        await Store.DeliverAsync(ct);
        await InsertRawAsync("message/000000000001", "letter-eaten.v9", "{}");
        await InsertRawAsync("message/000000000002", "message-accepted.v1", """{"from":"not an address"}""");
        await Store.DeliverAsync(ct);
        await Store.CatchUpAsync(ct);

        Assert.Equal(0, Lag("mail_history"));
        Assert.Equal(2, Count("SELECT count(*) FROM mail"));
        var bad = Store.Projections.Quarantined(10).Where(fact => fact.Projection == "mail_history").ToList();
        Assert.Equal([4L, 5L], bad.Select(fact => fact.Position));
        Assert.Contains("letter-eaten.v9", bad[0].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("due_delivery")]
    [InlineData("mail_history")]
    public async Task Verify_finds_no_difference_where_there_is_none(string name)
    {
        for (var i = 0; i < 20; i++) await Store.AcceptAsync(ct);
        await Store.DeliverAsync(ct);
        await Store.CatchUpAsync(ct);

        var verified = Store.Projections.Verify(name, progress: null, ct);

        Assert.True(verified.IsClean);
        Assert.True(verified.Rows >= 20);
        Assert.Equal(23, verified.Position);
    }

    [Fact]
    public async Task Verify_compares_a_projection_that_lags_as_of_its_checkpoint()
    {
        for (var i = 0; i < 10; i++) await Store.AcceptAsync(ct);
        await Store.Projections.CatchUpAsync(4, ct);

        var verified = Store.Projections.Verify("mail_history", progress: null, ct);

        Assert.True(verified.IsClean);
        Assert.Equal(4, verified.Position);
    }

    [Fact]
    public async Task Verify_tells_table_key_column_and_both_values_of_each_difference()
    {
        var changed = await Store.AcceptAsync(ct);
        var lost = await Store.AcceptAsync(ct);
        await WriteAsync($"UPDATE due_delivery SET held = 1 WHERE queue_id = '{changed}'");
        await WriteAsync($"DELETE FROM due_delivery WHERE queue_id = '{lost}'");
        await WriteAsync("INSERT INTO due_delivery (queue_id, recipient, domain, due_at_ms) VALUES ('ZZZZZZZZZZZZ', 1, '', 0)");

        var verified = Store.Projections.Verify("due_delivery", progress: null, ct);

        Assert.Equal(3, verified.DifferenceCount);
        Assert.Equal(new ProjectionDifference("due_delivery", $"{changed}/1", "held", "1", "0"), verified.Differences[0]);
        Assert.Equal((null, $"{lost}/1", null), (verified.Differences[1].Column, verified.Differences[1].Key, verified.Differences[1].Live));
        Assert.Equal(("ZZZZZZZZZZZZ/1", null), (verified.Differences[2].Key, verified.Differences[2].Expected));
    }

    [Fact]
    public async Task An_inline_projection_is_rebuilt_beside_the_live_rows_and_only_what_differs_is_written()
    {
        var changed = await Store.AcceptAsync(ct);
        await Store.AcceptAsync(ct);
        await WriteAsync($"UPDATE due_delivery SET attempt = 7 WHERE queue_id = '{changed}'");
        await WriteAsync("INSERT INTO due_delivery (queue_id, recipient, domain, due_at_ms) VALUES ('ZZZZZZZZZZZZ', 1, '', 0)");

        await Store.Projections.RebuildAsync("due_delivery", progress: null, ct);

        Assert.True(Store.Projections.Verify("due_delivery", progress: null, ct).IsClean);
        Assert.Equal(2, Count("SELECT count(*) FROM due_delivery WHERE attempt IS NULL"));
    }

    [Fact]
    public async Task A_following_rebuild_that_was_cut_off_anywhere_is_continued_by_whoever_catches_up()
    {
        for (var i = 0; i < 12; i++) await Store.DeliverAsync(ct);
        await Store.CatchUpAsync(ct);
        var before = Rows();
        var projection = ProjectionCatalogue.Following.Single(following => following.Name == "mail_history");
        await Store.Database.Writer.RunAsync(tx =>
        {
            Checkpoint.Forget(projection, tx);
            return true;
        }, ct);
        Assert.True(await Store.Projections.CatchUpAsync(5, ct)); // rows are being removed: the process that rebuilt ends here
        Assert.Equal("its rows are being folded again; verify when that is done", Store.Projections.Verify("mail_history", null, ct).NotVerified);

        await Store.DeliverAsync(ct);
        while (await Store.Projections.CatchUpAsync(5, ct)) { }

        Assert.True(Store.Projections.Verify("mail_history", progress: null, ct).IsClean);
        Assert.Equal(before, Rows().Take(before.Count));
    }

    [Fact]
    public async Task A_rebuild_gives_the_same_rows_while_mail_goes_on()
    {
        for (var i = 0; i < 50; i++) await Store.DeliverAsync(ct);
        await Store.CatchUpAsync(ct);
        using var stop = new CancellationTokenSource();
        var traffic = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await Store.DeliverAsync(ct);
                await Store.Projections.CatchUpAsync(20, ct);
            }
        }, ct);

        foreach (var name in Store.Projections.Names)
        {
            await Store.Projections.RebuildAsync(name, progress: null, ct);
            Assert.True(Store.Projections.Verify(name, progress: null, ct).IsClean);
        }
        await stop.CancelAsync();
        await traffic;
        await Store.CatchUpAsync(ct);

        Assert.All(Store.Projections.Names, name => Assert.True(Store.Projections.Verify(name, progress: null, ct).IsClean));
    }

    [Fact]
    public async Task Rows_of_another_version_of_a_fold_are_folded_again_by_catching_up()
    {
        for (var i = 0; i < 12; i++) await Store.DeliverAsync(ct);
        await Store.CatchUpAsync(ct);
        await WriteAsync("UPDATE mail SET sender = 'as an older fold left it'");
        await WriteAsync("UPDATE projection SET version = 77 WHERE name = 'mail_history'");

        while (await Store.Projections.CatchUpAsync(5, ct)) { }

        Assert.Equal(12, Count("SELECT count(*) FROM mail WHERE sender = 'alice@example.net'"));
    }

    [Fact]
    public async Task Rows_that_another_version_of_an_inline_fold_left_are_mended_when_the_store_is_opened()
    {
        await Store.AcceptAsync(ct);
        await WriteAsync("UPDATE due_delivery SET held = 1");
        await WriteAsync("UPDATE projection SET version = 77 WHERE name = 'due_delivery'");

        temp.Reopen();

        Assert.Equal(1, Count("SELECT count(*) FROM due_delivery WHERE held = 0"));
        Assert.True(Store.Projections.Verify("due_delivery", progress: null, ct).IsClean);
    }

    [Fact]
    public void A_projection_nobody_knows_is_refused_by_name() =>
        Assert.Contains("due_delivery", Assert.Throws<ArgumentException>(() => Store.Projections.Verify("queue", null, ct)).Message, StringComparison.Ordinal);

    private long Lag(string name) => Store.Projections.List().Single(status => status.Name == name).Lag;

    private long Count(string sql) => Store.Database.Read(tx => tx.Number(sql)) ?? 0;

    private List<string> Rows() => Store.Database.Read(tx =>
        tx.All("SELECT queue_id || version || open || finished_at_ms FROM mail ORDER BY queue_id", row => row.Text(0)));

    private Task WriteAsync(string sql) => Store.Database.Writer.RunAsync(tx => tx.Run(sql), ct);

    private Task InsertRawAsync(string stream, string name, string data) => Store.Database.Writer.RunAsync(
        tx => tx.Run("INSERT INTO event (stream, version, name, data, recorded_at_ms) VALUES (?1, 1, ?2, ?3, 0)", stream, name, data), ct);
}

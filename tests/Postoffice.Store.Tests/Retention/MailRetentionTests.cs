using Microsoft.Extensions.Time.Testing;
using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Leases;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Retention;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Retention;

public sealed class MailRetentionTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly FakeTimeProvider clock = new(Noon);
    private readonly TempStore temp;
    private readonly CancellationToken ct = TestContext.Current.CancellationToken;

    public MailRetentionTests() => temp = new TempStore(clock);

    private MailStore Store => temp.Store;

    public void Dispose() => temp.Dispose();

    [Fact]
    public async Task Content_goes_when_its_time_after_the_end_is_over_and_a_fact_says_so()
    {
        var lease = await ClaimAsync();
        var id = await Store.DeliverAsync(ct);
        await Store.CatchUpAsync(ct);

        clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromSeconds(1));
        await PurgeAsync(lease);
        Assert.NotNull(await Store.Content.OpenAsync(id, ct));

        clock.Advance(TimeSpan.FromSeconds(2));
        await PurgeAsync(lease);
        Assert.Null(await Store.Content.OpenAsync(id, ct));
        var facts = await Store.Events.ReadAsync(StreamId.Message(id), 0, ct);
        Assert.Equal(new ContentPurged(22), facts[^1].Fact);
        Assert.True(Store.Check(progress: null, ct).IsClean);
    }

    [Fact]
    public async Task Content_of_an_open_message_stays_however_old()
    {
        var lease = await ClaimAsync();
        var waiting = await Store.AcceptAsync(ct, recipients: ["bob@example.test", "carol@example.test"]);
        await Store.AttemptAsync(waiting, OutcomeKind.Delivered, ct);
        var unreported = await Store.AcceptAsync(ct);
        await Store.AttemptAsync(unreported, OutcomeKind.Refused, ct); // finished, but its sender was told nothing yet
        await Store.CatchUpAsync(ct);

        clock.Advance(TimeSpan.FromDays(100));
        await PurgeAsync(lease, new RetentionSettings { KeepHistory = TimeSpan.FromDays(1) });

        Assert.NotNull(await Store.Content.OpenAsync(waiting, ct));
        Assert.NotNull(await Store.Content.OpenAsync(unreported, ct));
    }

    [Fact]
    public async Task What_the_history_says_of_a_message_does_not_decide()
    {
        var lease = await ClaimAsync();
        var id = await Store.AcceptAsync(ct);
        await Store.CatchUpAsync(ct);
        await Store.Database.Writer.RunAsync(tx => tx.Run("UPDATE mail SET open = 0, finished_at_ms = 1"), ct);

        await PurgeAsync(lease, new RetentionSettings { KeepContent = TimeSpan.Zero });

        Assert.NotNull(await Store.Content.OpenAsync(id, ct));
    }

    [Fact]
    public async Task Large_content_disappears_at_once_and_its_chunks_in_steps_that_any_process_continues()
    {
        var lease = await ClaimAsync();
        var id = await Store.DeliverAsync(ct, new byte[20 * 1024 * 1024]);
        await Store.CatchUpAsync(ct);
        clock.Advance(TimeSpan.FromDays(8));

        Assert.Equal(RetentionStep.More, await StepAsync(lease)); // detached
        Assert.Null(await Store.Content.OpenAsync(id, ct));
        Assert.Equal(160, Count("SELECT count(*) FROM content_chunk"));
        Assert.Equal(RetentionStep.More, await StepAsync(lease));
        Assert.Equal(96, Count("SELECT count(*) FROM content_chunk"));
        Assert.Equal(1, Store.Check(progress: null, ct).Unattached);

        temp.Reopen(); // as after a crash
        await PurgeAsync(lease);
        Assert.Equal(0, Count("SELECT count(*) FROM content_chunk") + Count("SELECT count(*) FROM content"));
        Assert.True(Store.Check(progress: null, ct).IsClean);
    }

    [Fact]
    public async Task Content_that_never_became_mail_is_swept_when_no_session_can_be_at_it_any_more()
    {
        var lease = await ClaimAsync();
        var staging = Store.Content.Stage(new QueueIdSource(clock).Next()); // never disposed: its process died
        await staging.WriteAsync(new byte[300_000], ct);
        Assert.Equal(2, Count("SELECT count(*) FROM content_chunk"));

        clock.Advance(IContentStaging.Longest);
        await PurgeAsync(lease);
        Assert.Equal(2, Count("SELECT count(*) FROM content_chunk"));
        clock.Advance(TimeSpan.FromHours(1));
        await PurgeAsync(lease);
        Assert.Equal(0, Count("SELECT count(*) FROM content_chunk") + Count("SELECT count(*) FROM content"));
    }

    [Fact]
    public async Task Content_that_comes_as_slowly_as_is_allowed_is_not_swept()
    {
        var lease = await ClaimAsync();
        var id = new QueueIdSource(clock).Next();
        await using var staging = Store.Content.Stage(id);
        await staging.WriteAsync(new byte[150_000], ct);
        clock.Advance(IContentStaging.Longest);
        await PurgeAsync(lease);
        await staging.WriteAsync(new byte[300_000], ct);
        await Store.AcceptAsync(await staging.CompleteAsync(ct), ct);
        await using var stream = await Store.Content.OpenAsync(id, ct);
        Assert.Equal(450_000, stream!.Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Content_swept_from_under_its_session_is_our_own_trouble(bool complete)
    {
        var lease = await ClaimAsync();
        await using var staging = Store.Content.Stage(new QueueIdSource(clock).Next());
        await staging.WriteAsync(new byte[300_000], ct);
        var staged = complete ? await staging.CompleteAsync(ct) : null;
        clock.Advance(TimeSpan.FromDays(2)); // the clock was set
        await PurgeAsync(lease);

        var trouble = await Assert.ThrowsAsync<StoreUnavailableException>(async () =>
        {
            if (staged is null) await staging.WriteAsync(new byte[300_000], ct);
            else await Store.AcceptAsync(staged, ct);
        });
        Assert.Contains("swept", trouble.Message);
        Assert.True(Store.Check(progress: null, ct).IsClean);
    }

    [Fact]
    public async Task History_goes_with_its_content_and_drop_import_and_the_purge_is_on_record()
    {
        var lease = await ClaimAsync();
        var id = await Store.AcceptAsync(ct);
        await Store.Events.AppendAsync(new Append(StreamId.Drop("abc"), ExpectedVersion.NoStream, new DropImported(id)), ct);
        await Store.AttemptAsync(id, OutcomeKind.Delivered, ct);
        var young = await Store.AcceptAsync(ct);
        await Store.CatchUpAsync(ct);

        clock.Advance(TimeSpan.FromDays(40));
        await PurgeAsync(lease, new RetentionSettings { KeepHistory = TimeSpan.FromDays(35) });
        await Store.CatchUpAsync(ct);

        Assert.Empty(await Store.Events.ReadAsync(StreamId.Message(id), 0, ct));
        Assert.Empty(await Store.Events.ReadAsync(StreamId.Drop("abc"), 0, ct));
        Assert.Null(await Store.Content.OpenAsync(id, ct));
        Assert.NotNull(await Store.Content.OpenAsync(young, ct));
        var purges = (await Store.Events.ReadAsync(StreamId.Operator, 0, ct)).Select(recorded => (FactsPurged)recorded.Fact).ToList();
        Assert.Equal([new FactsPurged([id], 4, "keep-history=", "postoffice-runner"), new FactsPurged([], 1, "keep-history= (drop imports)", "postoffice-runner")], purges);
        Assert.Equal(0, Count("SELECT count(*) FROM purge_permit"));
        Assert.Equal(1, Count("SELECT count(*) FROM mail"));
        Assert.All(Store.Projections.Names, name => Assert.True(Store.Projections.Verify(name, progress: null, ct).IsClean));
        Assert.True(Store.Check(progress: null, ct).IsClean);
    }

    [Fact]
    public async Task History_is_kept_for_ever_unless_a_setting_says_otherwise()
    {
        var lease = await ClaimAsync();
        var id = await Store.DeliverAsync(ct);
        await Store.CatchUpAsync(ct);
        clock.Advance(TimeSpan.FromDays(3650));
        await PurgeAsync(lease);
        Assert.Equal(4, (await Store.Events.ReadAsync(StreamId.Message(id), 0, ct)).Count);
    }

    [Fact]
    public async Task Without_the_lease_nothing_is_removed()
    {
        var lease = await ClaimAsync();
        var id = await Store.DeliverAsync(ct);
        await Store.CatchUpAsync(ct);
        await Store.Leases.ReleaseAsync(lease, ct);
        Assert.NotNull(await Store.Leases.TryClaimAsync(0, "another", TimeSpan.FromSeconds(10), ct));
        clock.Advance(TimeSpan.FromDays(8));

        Assert.Equal(RetentionStep.LeaseLost, await StepAsync(lease));
        Assert.NotNull(await Store.Content.OpenAsync(id, ct));
    }

    [Fact]
    public async Task A_message_with_a_bad_fact_is_left_alone_and_the_others_go()
    {
        var lease = await ClaimAsync();
        var bad = await Store.DeliverAsync(ct);
        var good = await Store.DeliverAsync(ct);
        await Store.CatchUpAsync(ct);
        await Store.Database.Writer.RunAsync(tx => tx.Run(
            "INSERT INTO event (stream, version, name, data, recorded_at_ms) VALUES (?1, 4, 'letter-eaten.v9', '{}', 0)", $"message/{bad}"), ct);
        clock.Advance(TimeSpan.FromDays(8));
        await PurgeAsync(lease);
        Assert.NotNull(await Store.Content.OpenAsync(bad, ct));
        Assert.Null(await Store.Content.OpenAsync(good, ct));
    }

    [Fact]
    public async Task A_steady_load_keeps_a_file_of_steady_size()
    {
        var lease = await ClaimAsync();
        var settings = new RetentionSettings { KeepContent = TimeSpan.FromMinutes(1), KeepHistory = TimeSpan.FromMinutes(1) };
        var sizes = new List<long>();
        for (var day = 0; day < 12; day++)
        {
            await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Store.DeliverAsync(ct, new byte[i == 0 ? 700_000 : 9_000])));
            await Store.CatchUpAsync(ct);
            clock.Advance(TimeSpan.FromDays(1));
            await PurgeAsync(lease, settings);
            await Store.CatchUpAsync(ct);
            sizes.Add(Count("PRAGMA page_count"));
        }
        Assert.Equal(sizes[^1], sizes[4], sizes[4] / 20.0); // facts-purged facts stay: a page now and then
    }

    [Fact]
    public async Task Mail_that_never_stops_keeps_no_history_from_going()
    {
        var lease = await ClaimAsync();
        var settings = new RetentionSettings { KeepContent = TimeSpan.Zero, KeepHistory = TimeSpan.Zero };
        var first = await Store.DeliverAsync(ct, new byte[300_000]);
        for (var step = 0; step < 20; step++) // in each there is new content to be removed, small and large
        {
            await Store.DeliverAsync(ct, new byte[step % 2 == 0 ? 300 : 300_000]);
            await Store.CatchUpAsync(ct);
            Assert.Equal(RetentionStep.More, await StepAsync(lease, settings));
        }
        Assert.Empty(await Store.Events.ReadAsync(StreamId.Message(first), 0, ct));
    }

    [Fact]
    public async Task Many_large_contents_go_in_one_step_as_one_larger_one_does()
    {
        var lease = await ClaimAsync();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Store.DeliverAsync(ct, new byte[300_000])));
        await Store.CatchUpAsync(ct);
        clock.Advance(TimeSpan.FromDays(8));

        Assert.Equal(RetentionStep.More, await StepAsync(lease)); // detached
        Assert.Equal(60, Count("SELECT count(*) FROM content_chunk"));
        Assert.Equal(RetentionStep.More, await StepAsync(lease));
        Assert.Equal(0, Count("SELECT count(*) FROM content_chunk") + Count("SELECT count(*) FROM content"));
    }

    [Theory]
    [InlineData(7 * 86_400, null, 60)]
    [InlineData(7 * 86_400, 100, 10)]
    [InlineData(100, 86_400, 10)]
    [InlineData(0, null, 1)]
    public void What_is_kept_for_a_short_time_is_removed_in_rounds_as_short(int content, int? history, int rest)
    {
        var settings = new RetentionSettings { KeepContent = TimeSpan.FromSeconds(content), KeepHistory = history is { } seconds ? TimeSpan.FromSeconds(seconds) : null };
        Assert.Equal(TimeSpan.FromSeconds(rest), settings.Rest);
    }

    [Fact]
    public void Settings_are_read_with_their_defaults()
    {
        Assert.Equal(new RetentionSettings { KeepContent = TimeSpan.FromDays(7), KeepHistory = null }, RetentionSettings.From(Configuration.Settings.Empty));
    }

    private async Task<Lease> ClaimAsync() => (await Store.Leases.TryClaimAsync(0, "test", TimeSpan.FromMinutes(1), ct))!;

    private async Task PurgeAsync(Lease lease, RetentionSettings? settings = null)
    {
        while (await StepAsync(lease, settings) is RetentionStep.More) { }
    }

    private ValueTask<RetentionStep> StepAsync(Lease lease, RetentionSettings? settings = null) =>
        Store.Retention.StepAsync(lease, settings ?? new RetentionSettings(), clock.GetUtcNow(), ct);

    private long Count(string sql) => Store.Database.Read(tx => tx.Number(sql)) ?? 0;
}

using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Scheduling;

/// <summary>What age asks for while no attempt is made.</summary>
public sealed class LateMailTests
{
    private static readonly TimeSpan Lifetime = new RunnerOptions().Lifetime;
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Warning = new RunnerOptions().DelayWarning;

    [Fact]
    public async Task Who_waits_four_hours_is_warned_though_no_attempt_ends_then()
    {
        await using var rig = await RunnerRig.NewAsync(new RunnerOptions { Retry = new(new RetrySchedule([TimeSpan.FromHours(5)])) });
        rig.Sessions.Always(number => new RecipientResult.Refused(number, Reply.Parse("451 4.3.2 not now")));
        var id = await rig.AcceptAsync("carol@remote.test");
        rig.Start();
        await rig.Journal.NextAsync<AttemptEnded>();
        await rig.Dispatcher.DrainAsync();
        rig.Clock.Advance(Warning);
        await StepsAsync(rig);

        var (fact, dsn) = await rig.NextDsnAsync();

        Assert.Equal(DsnAction.Delayed, fact.Action);
        Assert.Equal("Delayed mail, still being tried", dsn.Subject);
        var facts = await rig.Store.Events.ReadAsync(StreamId.Message(id), 0, default);
        var ended = facts.Single(recorded => recorded.Fact is AttemptEnded);
        Assert.Equal(ended.Position, facts.Single(recorded => recorded.Fact is DsnQueued).CausedBy);
        Assert.Equal(ended.Position, (await rig.Store.Events.ReadAsync(StreamId.Message(fact.Dsn!.Value), 0, default))[0].CausedBy);
    }

    [Fact]
    public async Task Who_was_warned_is_not_warned_again_also_by_the_next_runner()
    {
        await using var rig = await RunnerRig.NewAsync();
        var id = await rig.AcceptAsync();
        rig.Clock.Advance(Warning);
        await StepsAsync(rig);
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        await StepsAsync(rig);
        await using var after = rig.Beside(rig.Lease);
        await StepsAsync(after);

        Assert.Equal(1, await rig.CountAsync(id, "dsn-queued.v1"));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("alice@example.net", Notify.Never)]
    [InlineData("alice@example.net", Notify.Success | Notify.Failure)]
    public async Task Who_cannot_be_told_or_did_not_ask_is_not_warned(string from, Notify? notify)
    {
        await using var rig = await RunnerRig.NewAsync();
        var id = await rig.AcceptAsync(accepted => accepted with
        {
            From = ReversePath.Parse(from),
            Recipients = [new(1, ForwardPath.Parse("bob@example.test"), notify)],
        });
        rig.Clock.Advance(Warning);
        await StepsAsync(rig);

        Assert.Equal(0, await rig.CountAsync(id, "dsn-queued.v1"));
    }

    [Fact]
    public async Task Mail_that_took_long_to_arrive_is_warned_of_by_the_time_it_was_taken()
    {
        await using var rig = await RunnerRig.NewAsync();
        var id = await rig.AcceptAsync(accepted =>
        {
            rig.Clock.Advance(TimeSpan.FromMinutes(30));
            return accepted;
        });
        rig.Clock.Advance(Warning - TimeSpan.FromMinutes(1));
        await StepsAsync(rig);
        Assert.Equal(0, await rig.CountAsync(id, "dsn-queued.v1"));

        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        await StepsAsync(rig);
        Assert.Equal(1, await rig.CountAsync(id, "dsn-queued.v1"));
    }

    [Fact]
    public async Task Mail_that_comes_to_no_attempt_ends_all_the_same_and_the_sender_is_told()
    {
        await using var rig = await RunnerRig.NewAsync(new RunnerOptions { DelayWarning = TimeSpan.Zero });
        var ids = new List<QueueId>();
        for (var count = 0; count < 120; count++) ids.Add(await rig.AcceptAsync());
        rig.Clock.Advance(Lifetime + TimeSpan.FromSeconds(1));
        await StepsAsync(rig);

        var (_, dsn) = await rig.NextDsnAsync();

        Assert.Equal("Undelivered mail", dsn.Subject);
        foreach (var id in ids) Assert.Equal(RecipientState.Expired, (await rig.MessageAsync(id)).Recipients[1].State);
        Assert.Empty(rig.Mailboxes.Began);
    }

    [Fact]
    public async Task A_lifetime_that_was_made_shorter_ends_what_was_planned_for_later()
    {
        await using var rig = await RunnerRig.NewAsync(new RunnerOptions { Retry = new(new RetrySchedule([TimeSpan.FromDays(1)])), DelayWarning = TimeSpan.Zero });
        rig.Sessions.Always(number => new RecipientResult.Refused(number, Reply.Parse("451 4.3.2 not now")));
        var id = await rig.AcceptAsync("carol@remote.test");
        rig.Start();
        await rig.Journal.NextAsync<AttemptEnded>();
        await rig.Dispatcher.DrainAsync();

        rig.Workings.Current = rig.Workings.Current with { Options = rig.Workings.Current.Options with { Lifetime = TimeSpan.FromHours(2) } };
        rig.Clock.Advance(TimeSpan.FromHours(2));
        await StepsAsync(rig);

        Assert.Equal(RecipientState.Expired, (await rig.MessageAsync(id)).Recipients[1].State);
    }

    [Fact]
    public async Task A_runner_that_begins_with_old_mail_tries_it_once_more_before_it_gives_up()
    {
        await using var before = await RunnerRig.NewAsync(new RunnerOptions { DelayWarning = TimeSpan.Zero });
        var id = await before.AcceptAsync();
        before.Clock.Advance(Lifetime + TimeSpan.FromDays(1));
        await using var rig = before.Beside(before.Lease);

        rig.Clock.Advance(Grace - TimeSpan.FromSeconds(1));
        await StepsAsync(rig);
        Assert.Equal(RecipientState.Pending, (await rig.MessageAsync(id)).Recipients[1].State);
        rig.Clock.Advance(TimeSpan.FromSeconds(5));
        await StepsAsync(rig);
        Assert.Equal(RecipientState.Expired, (await rig.MessageAsync(id)).Recipients[1].State);
    }

    [Fact]
    public async Task What_is_held_or_being_tried_does_not_end()
    {
        await using var rig = await RunnerRig.NewAsync();
        var held = await rig.AcceptAsync();
        await rig.Store.Events.AppendAsync(new Append(StreamId.Message(held), ExpectedVersion.At(1), new MessageHeld("root", "to see")), default);
        var trying = await rig.AcceptAsync();
        var started = new AttemptStarted(1, [1], new AttemptRoute(Transport.Smtp, "remote.test:25"));
        await rig.Store.Events.AppendAsync(new Append(StreamId.Message(trying), ExpectedVersion.At(1), started), default);
        rig.Clock.Advance(Lifetime + Grace);
        await StepsAsync(rig);

        Assert.False((await rig.MessageAsync(held)).IsFinished);
        Assert.False((await rig.MessageAsync(trying)).IsFinished);
    }

    [Fact]
    public async Task A_clock_that_jumps_a_year_ahead_ends_nothing()
    {
        await using var rig = await RunnerRig.NewAsync();
        var id = await rig.AcceptAsync();
        rig.Clock.Jump = TimeSpan.FromDays(365);
        rig.Clock.Advance(TimeSpan.FromHours(1));
        await StepsAsync(rig);

        Assert.Equal(1, (await rig.MessageAsync(id)).Version);
    }

    [Fact]
    public async Task An_attempt_while_the_clock_was_a_year_ahead_does_not_make_mail_wait_for_a_year()
    {
        await using var rig = await RunnerRig.StartAsync();
        rig.Sessions.Always(number => new RecipientResult.Refused(number, Reply.Parse("451 4.3.2 not now")));
        var id = await rig.AcceptAsync("carol@remote.test");
        await rig.Journal.NextAsync<AttemptEnded>();
        rig.Clock.Jump = TimeSpan.FromDays(365);
        rig.Dispatcher.Ring();
        await rig.Journal.NextAsync<AttemptEnded>();
        await rig.Dispatcher.DrainAsync();
        rig.Clock.Jump = TimeSpan.Zero;
        rig.Clock.Advance(TimeSpan.FromHours(1));
        await StepsAsync(rig);

        Assert.Equal([1], (await rig.Journal.NextAsync<WaitShortened>()).Recipients);
        Assert.Equal(rig.Clock.GetUtcNow(), (await rig.MessageAsync(id)).Recipients[1].DueAt);
        await rig.Store.CatchUpAsync(CancellationToken.None);
        Assert.Equal(rig.Clock.GetUtcNow().ToUnixTimeMilliseconds(), await rig.Store.SqlAsync("SELECT next_attempt_at_ms FROM mail_recipient"));
        rig.Dispatcher.Ring();
        await rig.Journal.NextAsync<AttemptEnded>();
    }

    [Fact]
    public async Task Who_waits_as_long_as_a_schedule_says_waits()
    {
        await using var rig = await RunnerRig.NewAsync(new RunnerOptions { Retry = new(new RetrySchedule([TimeSpan.FromDays(3)])), DelayWarning = TimeSpan.Zero });
        rig.Sessions.Always(number => new RecipientResult.Refused(number, Reply.Parse("451 4.3.2 not now")));
        var id = await rig.AcceptAsync("carol@remote.test");
        rig.Start();
        await rig.Journal.NextAsync<AttemptEnded>();
        await rig.Dispatcher.DrainAsync();
        var waiting = (await rig.MessageAsync(id)).Version;

        await StepsAsync(rig);
        Assert.Equal(waiting, (await rig.MessageAsync(id)).Version);

        rig.Workings.Current = rig.Workings.Current with { Options = rig.Workings.Current.Options with { Retry = new(RetrySchedule.Default) } };
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        await StepsAsync(rig);
        Assert.Equal(waiting + 1, (await rig.MessageAsync(id)).Version);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_stops_nothing()
    {
        await using var rig = await RunnerRig.NewAsync();
        await StepsAsync(rig);
        rig.Clock.Jump = TimeSpan.FromDays(-30);
        var id = await rig.AcceptAsync();
        rig.Clock.Advance(Warning);
        await StepsAsync(rig);

        Assert.Equal(1, await rig.CountAsync(id, "dsn-queued.v1"));
    }

    [Fact]
    public async Task What_cannot_be_read_is_held_and_the_others_go_on()
    {
        await using var rig = await RunnerRig.NewAsync();
        var bad = await rig.AcceptAsync();
        await rig.SpoilAsync(bad, version: 2);
        var good = await rig.AcceptAsync();
        rig.Clock.Advance(Warning);
        await StepsAsync(rig);

        Assert.Equal(1, await rig.CountAsync(bad, "message-held.v1"));
        Assert.Equal(1, await rig.CountAsync(good, "dsn-queued.v1"));
    }

    private static async Task StepsAsync(RunnerRig rig)
    {
        while (await rig.Late.StepAsync(CancellationToken.None)) { }
    }
}

using Postoffice.Runner.Scheduling;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Scheduling;

public sealed class DispatcherTests
{
    private static readonly Reply Later = Reply.Parse("451 4.3.0 Try later");
    private static readonly Reply Never = Reply.Parse("550 5.1.1 No such user");

    [Fact]
    public async Task A_message_is_delivered_when_the_bell_rings()
    {
        await using var rig = await RunnerRig.StartAsync();
        var id = await rig.AcceptAsync("bob@example.test", "carol@remote.test");

        await rig.Journal.NextAsync<AttemptEnded>();
        await rig.Journal.NextAsync<AttemptEnded>();

        Assert.True((await rig.MessageAsync(id)).IsFinished);
        Assert.Empty(rig.Store.Due.Started(alsoHeld: true));
    }

    [Fact]
    public async Task What_a_mailbox_says_is_no_greylisting()
    {
        await using var rig = await RunnerRig.StartAsync();
        rig.Mailboxes.Always(number => new RecipientResult.PutOff(number, "the mailbox is locked", new(4, 2, 0)));
        await rig.AcceptAsync("bob@example.test");

        var next = (await rig.Journal.NextAsync<AttemptEnded>()).Outcomes[0].NextAttemptAt!.Value;

        Assert.InRange(next - rig.Clock.GetUtcNow(), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)); // retry=, not the 2 minutes of retry-greylist=
    }

    [Fact]
    public async Task A_deferred_recipient_is_tried_at_its_instant_and_not_before()
    {
        await using var rig = await RunnerRig.StartAsync();
        rig.Mailboxes.Always(number => new RecipientResult.Refused(number, Later));
        await rig.AcceptAsync();
        var next = (await rig.Journal.NextAsync<AttemptEnded>()).Outcomes[0].NextAttemptAt!.Value;

        rig.Pass(next - rig.Clock.GetUtcNow() - TimeSpan.FromMilliseconds(1));
        await rig.AcceptAsync("other@example.test"); // what proves that the schedule has looked again
        await rig.Journal.NextAsync<AttemptEnded>();
        Assert.Equal(2, rig.Mailboxes.Began.Count);

        rig.Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, (await rig.Journal.NextAsync<AttemptStarted>()).Attempt);
    }

    [Fact]
    public async Task A_dead_next_hop_keeps_no_mailbox_waiting()
    {
        var few = new SlotLimits(First: 5, Each: 5, Together: 12, WaitingEach: 20, WaitingTogether: 50);
        await using var rig = await RunnerRig.StartAsync(new RunnerOptions { Sessions = few });
        rig.Sessions.Answer = async (attempt, ct) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, rig.Clock, ct);
            return [];
        };
        for (var i = 0; i < 300; i++) await rig.AcceptAsync($"user{i}@dead{i % 3}.test");

        var id = await rig.AcceptAsync("bob@example.test");

        await rig.Journal.NextAsync<AttemptEnded>();
        Assert.True((await rig.MessageAsync(id)).IsFinished);
        Assert.InRange(rig.Sessions.Began.Count, 1, few.Together);
    }

    [Fact]
    public async Task Mail_for_a_slow_host_waits_in_the_store_and_goes_on_as_soon_as_there_is_room()
    {
        const int Messages = 60;
        using var gate = new SemaphoreSlim(0); // outlives the rig: who waits on one that is disposed waits for ever
        await using var rig = await RunnerRig.StartAsync(new RunnerOptions { Sessions = new(First: 2, Each: 2, Together: 12, WaitingEach: 2, WaitingTogether: 50) });
        rig.Sessions.Answer = async (attempt, ct) =>
        {
            await gate.WaitAsync(ct);
            return attempt.All(number => new RecipientResult.Delivered(number, FakeTransport.Ok));
        };
        for (var i = 0; i < Messages; i++) await rig.AcceptAsync($"user{i}@slow.test");
        await rig.AcceptAsync("bob@example.test");
        await rig.Journal.NextAsync<AttemptEnded>();
        Assert.InRange(rig.Dispatcher.InFlight, 1, 5); // what the host has places for, and Bob's, which may not have landed yet

        gate.Release(Messages);
        for (var i = 0; i < Messages; i++) await rig.Journal.NextAsync<AttemptEnded>();

        Assert.Empty(rig.Store.Due.Due(DateTimeOffset.MaxValue, null, 1));
    }

    [Fact]
    public async Task An_unknown_user_fails_and_nowhere_to_go_waits()
    {
        await using var rig = await RunnerRig.StartAsync();
        var id = await rig.AcceptAsync("nobody@example.test", "carol@nowhere.test");
        await rig.Journal.NextAsync<AttemptEnded>();
        await rig.Journal.NextAsync<AttemptEnded>();

        var message = await rig.MessageAsync(id);
        Assert.Equal(RecipientState.Failed, message.Recipients[1].State);
        Assert.Equal((null, "<nobody@example.test>: no such user here", "5.1.1"), (message.Recipients[1].Last!.Reply, message.Recipients[1].Last!.Reason, message.Recipients[1].Last!.Status.ToString()));
        Assert.Equal("no route", message.Recipients[2].Last!.Reason);
        Assert.True(message.Recipients[2].DueAt > rig.Clock.GetUtcNow());
    }

    [Fact]
    public async Task Addresses_beyond_ascii_are_an_attempt_of_their_own_since_they_ask_for_more()
    {
        await using var rig = await RunnerRig.StartAsync();
        await rig.AcceptAsync("carol@remote.test", "жук@remote.test", "dave@remote.test");

        var started = new[] { await rig.Journal.NextAsync<AttemptStarted>(), await rig.Journal.NextAsync<AttemptStarted>() };

        Assert.Equal(["1, 3", "2"], started.Select(attempt => string.Join(", ", attempt.Recipients)).Order());
    }

    [Fact]
    public async Task A_message_that_breaks_the_program_is_held_and_stops_nobody()
    {
        await using var rig = await RunnerRig.StartAsync();
        var faithful = rig.Mailboxes.Answer;
        rig.Mailboxes.Answer = (attempt, ct) => attempt.Route.Destination!.Name == "bob" ? throw new InvalidCastException("a bug") : faithful(attempt, ct);
        var bad = await rig.AcceptAsync("bob@example.test");
        Assert.Contains("a bug", (await rig.Journal.NextAsync<MessageHeld>()).Reason);

        var good = await rig.AcceptAsync("carol@example.test");
        await rig.Journal.NextAsync<AttemptEnded>();

        Assert.True((await rig.MessageAsync(good)).IsFinished);
        Assert.NotNull((await rig.MessageAsync(bad)).Held);
    }

    [Fact]
    public async Task A_message_that_breaks_an_attempt_is_held_with_what_became_of_it_and_is_not_in_doubt()
    {
        await using var rig = await RunnerRig.StartAsync();
        rig.Sessions.Surprise = new InvalidCastException("a bug");
        rig.Sessions.Always(number => new RecipientResult.Unreached(number, "a bug"));
        var id = await rig.AcceptAsync("carol@remote.test");

        Assert.Equal("cannot be processed: a bug", (await rig.Journal.NextAsync<MessageHeld>()).Reason);

        var facts = await rig.Store.Events.ReadAsync(StreamId.Message(id), 0, default);
        Assert.Equal(OutcomeKind.Deferred, Assert.IsType<AttemptEnded>(facts[^2].Fact).Outcomes.Single().Result);
        Assert.Empty((await rig.MessageAsync(id)).OpenAttempts);
    }

    [Fact]
    public async Task A_message_with_an_unreadable_fact_is_held_and_stops_nobody()
    {
        await using var rig = await RunnerRig.NewAsync();
        var bad = await rig.AcceptAsync("bob@example.test");
        await rig.SpoilAsync(bad, version: 2);
        var good = await rig.AcceptAsync("carol@example.test");
        rig.Start();

        Assert.Contains("fact 2 (attempt-ended.v1)", (await rig.Journal.NextAsync<MessageHeld>()).Reason);
        await rig.Dispatcher.DrainAsync();

        Assert.True((await rig.MessageAsync(good)).IsFinished);
        Assert.Empty(rig.Store.Due.Due(DateTimeOffset.MaxValue, null, 10));
    }

    [Fact]
    public async Task A_message_that_cannot_even_be_held_is_kept_out_and_stops_nobody()
    {
        await using var rig = await RunnerRig.NewAsync();
        var bad = await rig.AcceptAsync("bob@example.test");
        await rig.SpoilAsync(bad, version: int.MaxValue); // behind it no fact can be written
        var now = rig.Dispatcher.RunNowAsync((_, _) => true, TestContext.Current.CancellationToken);
        rig.Start();

        Assert.Equal(0, await now.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        await rig.Dispatcher.DrainAsync();
        var good = await rig.AcceptAsync("carol@example.test");
        await rig.Journal.NextAsync<AttemptEnded>();

        Assert.True((await rig.MessageAsync(good)).IsFinished);
        Assert.Equal(0, await rig.CountAsync(bad, "message-held.v1"));
    }

    [Fact]
    public async Task Mail_that_waited_too_long_expires_after_one_more_try()
    {
        await using var rig = await RunnerRig.StartAsync(new RunnerOptions { Lifetime = TimeSpan.FromHours(1) });
        rig.Mailboxes.Answer = (attempt, _) => Task.FromResult(attempt.All(number => attempt.Route.Destination!.Name == "bob"
            ? new RecipientResult.Refused(number, Later)
            : new RecipientResult.Delivered(number, FakeTransport.Ok)));
        await rig.AcceptAsync();
        await rig.Journal.NextAsync<AttemptEnded>();

        rig.Pass(TimeSpan.FromHours(1));

        Assert.Equal([1], (await rig.Journal.NextAsync<RecipientExpired>()).Recipients);
        Assert.NotNull((await rig.Journal.NextAsync<DsnQueued>()).Dsn);
    }

    [Fact]
    public async Task A_clock_that_jumps_a_year_ahead_expires_nothing()
    {
        await using var rig = await RunnerRig.StartAsync();
        rig.Mailboxes.Always(number => new RecipientResult.Refused(number, Later));
        var id = await rig.AcceptAsync();
        await rig.Journal.NextAsync<AttemptEnded>();

        rig.Clock.Jump = TimeSpan.FromDays(365);
        rig.Dispatcher.Ring();
        await rig.Journal.NextAsync<AttemptEnded>();

        Assert.Equal(RecipientState.Pending, (await rig.MessageAsync(id)).Recipients[1].State);
    }

    [Fact]
    public async Task Run_now_tries_what_waits_and_each_only_once()
    {
        await using var rig = await RunnerRig.StartAsync();
        rig.Mailboxes.Always(number => new RecipientResult.Refused(number, Later));
        await rig.AcceptAsync();
        await rig.Journal.NextAsync<AttemptEnded>();
        rig.Clock.Advance(TimeSpan.FromSeconds(2));
        await rig.Dispatcher.DrainAsync();

        Assert.Equal(0, await rig.Dispatcher.RunNowAsync((_, _) => false, CancellationToken.None));
        Assert.Equal(1, await rig.Dispatcher.RunNowAsync((_, _) => true, CancellationToken.None));
        await rig.Journal.NextAsync<AttemptEnded>();

        Assert.Equal(2, rig.Mailboxes.Began.Count);
    }

    [Fact]
    public async Task Run_now_takes_nothing_from_the_schedule()
    {
        await using var rig = await RunnerRig.StartAsync();
        rig.Mailboxes.Always(number => new RecipientResult.Refused(number, Later));
        await rig.AcceptAsync();
        await rig.Journal.NextAsync<AttemptEnded>();
        for (var i = 0; i < 5; i++)
        {
            rig.Clock.Advance(TimeSpan.FromSeconds(2));
            await rig.Dispatcher.DrainAsync();
            Assert.Equal(1, await rig.Dispatcher.RunNowAsync((_, _) => true, CancellationToken.None));
            var next = (await rig.Journal.NextAsync<AttemptEnded>()).Outcomes[0].NextAttemptAt!.Value;

            Assert.InRange(next - rig.Clock.GetUtcNow(), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)); // retry=5m,...: the first step still
        }
    }

    [Fact]
    public async Task More_wishes_than_anybody_needs_do_not_wait_for_their_turn()
    {
        await using var rig = await RunnerRig.NewAsync(); // nothing runs: they wait
        var wishes = Enumerable.Range(0, Dispatcher.MostRequests + 1).Select(i => rig.Dispatcher.RunNow((_, _) => i < 0)).ToList();

        Assert.All(wishes.SkipLast(1), wish => Assert.False(wish.Done.IsCompleted));
        Assert.True(wishes[^1].Done.IsCanceled);

        rig.Start();
        await Task.WhenAll(wishes.SkipLast(1).Select(wish => wish.Ended)).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Run_now_reaches_the_waiting_recipients_of_a_message_that_is_under_way()
    {
        await using var rig = await RunnerRig.StartAsync();
        var peer = new TaskCompletionSource();
        rig.Mailboxes.Always(number => new RecipientResult.Refused(number, Later));
        rig.Sessions.Answer = async (attempt, ct) =>
        {
            await peer.Task.WaitAsync(ct);
            return attempt.All(number => new RecipientResult.Delivered(number, FakeTransport.Ok));
        };
        await rig.AcceptAsync("bob@example.test", "carol@remote.test");
        await rig.Journal.NextAsync<AttemptEnded>(); // bob's: he waits now, while carol's server is slow
        rig.Mailboxes.Always(number => new RecipientResult.Delivered(number, FakeTransport.Ok));
        rig.Clock.Advance(TimeSpan.FromSeconds(2));

        var run = rig.Dispatcher.RunNow((_, _) => true);
        Assert.Equal(1, await run.Done); // what is under way is not begun again
        await rig.Journal.NextAsync<AttemptEnded>(); // bob's, while carol's server is as slow as ever
        Assert.False(run.Ended.IsCompleted);
        peer.SetResult();
        await run.Ended.WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None);

        Assert.Equal((2, 1), (rig.Mailboxes.Began.Count, rig.Sessions.Began.Count));
    }

    [Fact]
    public async Task A_runner_that_was_paused_and_taken_over_writes_nothing_more()
    {
        await using var first = await RunnerRig.NewAsync();
        var ct = CancellationToken.None;
        await first.Store.Leases.RenewAsync(first.Lease, TimeSpan.Zero, ct); // its term runs out while it is paused
        var second = await first.Store.Leases.TryClaimAsync(0, "second", TimeSpan.FromMinutes(1), ct);
        await using var rig = first.Beside(second!);

        first.Start();
        var id = await first.AcceptAsync();
        await first.Term.Ended.WaitAsync(TimeSpan.FromSeconds(30), ct);
        Assert.Empty(first.Mailboxes.Began);
        Assert.Equal(1, (await first.MessageAsync(id)).Version);

        rig.Start();
        await rig.Journal.NextAsync<AttemptEnded>();
        Assert.True((await rig.MessageAsync(id)).IsFinished);
    }

    [Fact]
    public async Task A_late_result_of_the_one_taken_over_is_refused()
    {
        await using var first = await RunnerRig.NewAsync();
        var ct = CancellationToken.None;
        var id = await first.AcceptAsync();
        using var flight = new MessageInFlight(id);
        Assert.Equal([1], await first.Recorder.BeginAsync(flight, 1, await first.PartAsync(id), new AttemptRoute(Transport.Smtp, "mx:25"), ct));
        await first.Store.Leases.RenewAsync(first.Lease, TimeSpan.Zero, ct);
        Assert.NotNull(await first.Store.Leases.TryClaimAsync(0, "second", TimeSpan.FromMinutes(1), ct));

        var late = new AttemptReport([new RecipientResult.Delivered(1, FakeTransport.Ok)]);
        await Assert.ThrowsAsync<LeaseLostException>(() => first.Recorder.EndAsync(flight, 1, late, ct));
    }

    [Fact]
    public async Task A_lost_race_is_decided_anew()
    {
        await using var rig = await RunnerRig.NewAsync();
        var ct = CancellationToken.None;
        var id = await rig.AcceptAsync();
        using var flight = new MessageInFlight(id);
        var part = await rig.PartAsync(id);
        await rig.Recorder.LoadAsync(flight, ct);
        await rig.Store.Events.AppendAsync(new Append(StreamId.Message(id), ExpectedVersion.Any, new MessageHeld("root", "to see")), ct);

        Assert.Empty(await rig.Recorder.BeginAsync(flight, 1, part, new AttemptRoute(Transport.Smtp, "mx:25"), ct));
    }
}

using Postoffice.Runner.Scheduling;
using Postoffice.Store.Events;
using Postoffice.Store.Queue;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Scheduling;

/// <summary>A destination that five attempts did not reach gets no more of its mail for a while.</summary>
public sealed class CircuitsTests
{
    private const int ToOpen = 5;
    private static readonly TimeSpan FirstBreak = TimeSpan.FromMinutes(1);
    private static readonly RunnerOptions Rarely = new() { Retry = new(new RetrySchedule([TimeSpan.FromDays(1)])) };

    [Fact]
    public async Task Mail_for_a_dead_host_waits_untried_and_one_fact_says_why()
    {
        await using var rig = await DeadAsync(mails: 40);
        var (stream, opened) = await rig.Journal.NextWithStreamAsync<CircuitOpened>();
        await rig.Dispatcher.DrainAsync();

        Assert.Equal("destination/dead.test:25", stream.Name);
        Assert.Equal("connection refused", opened.Reason);
        Assert.Equal(rig.Clock.GetUtcNow() + FirstBreak, opened.Until);
        Assert.Equal(ToOpen, rig.Sessions.Began.Count);
        Assert.Equal("dead.test:25", Assert.Single(rig.Store.Circuits.All()).Destination);
        var id = await rig.AcceptAsync("bob@example.test", "carol@alive.test");
        await SettledAsync(rig, () => !rig.Store.Due.Due(DateTimeOffset.MaxValue, null, 100).Any(row => row.Message == id));
        Assert.True((await rig.MessageAsync(id)).IsFinished);
    }

    [Fact]
    public async Task One_attempt_probes_and_its_failure_makes_the_next_break_longer()
    {
        await using var rig = await DeadAsync(mails: 40);
        await rig.Journal.NextAsync<CircuitOpened>();
        await rig.Dispatcher.DrainAsync();

        rig.Pass(FirstBreak);
        var again = await rig.Journal.NextAsync<CircuitOpened>();
        await rig.Dispatcher.DrainAsync();

        Assert.Equal(ToOpen + 1, rig.Sessions.Began.Count);
        Assert.Equal(rig.Clock.GetUtcNow() + (FirstBreak * 2), again.Until);
    }

    [Fact]
    public async Task When_the_host_is_back_all_its_mail_goes()
    {
        const int Mails = 40;
        await using var rig = await DeadAsync(Mails);
        await rig.Journal.NextAsync<CircuitOpened>();
        await rig.Dispatcher.DrainAsync();
        rig.Sessions.Always(number => new RecipientResult.Delivered(number, FakeTransport.Ok));

        rig.Pass(FirstBreak);
        await rig.Journal.NextAsync<CircuitClosed>();
        await SettledAsync(rig, () => rig.Store.Due.Due(rig.Clock.GetUtcNow(), null, 1).Count == 0);

        Assert.Empty(rig.Store.Circuits.All());
        Assert.Equal(ToOpen, rig.Store.Due.Due(DateTimeOffset.MaxValue, null, Mails).Count); // what failed before waits for its own instant
    }

    [Fact]
    public async Task An_operators_wish_is_tried_although_the_circuit_is_open()
    {
        await using var rig = await DeadAsync(mails: 40);
        await rig.Journal.NextAsync<CircuitOpened>();
        await rig.Dispatcher.DrainAsync();
        rig.Sessions.Always(number => new RecipientResult.Delivered(number, FakeTransport.Ok));

        rig.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(40, await rig.Dispatcher.RunNowAsync((_, _) => true, TestContext.Current.CancellationToken));
        await SettledAsync(rig, () => rig.Store.Due.Due(DateTimeOffset.MaxValue, null, 1).Count == 0);

        Assert.Empty(rig.Store.Circuits.All());
    }

    [Fact]
    public async Task A_wish_for_other_mail_leaves_the_circuit_open()
    {
        await using var rig = await DeadAsync(mails: 40);
        await rig.Journal.NextAsync<CircuitOpened>();
        await rig.Dispatcher.DrainAsync();
        await rig.AcceptAsync("carol@alive.test");
        await rig.Journal.NextAsync<AttemptEnded>();

        Assert.Equal(0, await rig.Dispatcher.RunNowAsync((_, recipient) => recipient.Accepted.To.Mailbox.DomainPart == "alive.test", TestContext.Current.CancellationToken));
        await rig.Dispatcher.DrainAsync();

        Assert.NotEmpty(rig.Store.Circuits.All());
        Assert.Equal(ToOpen + 1, rig.Sessions.Began.Count);
    }

    [Fact]
    public async Task A_refusal_for_good_is_no_trouble_of_the_host()
    {
        await using var rig = await RunnerRig.StartAsync(Rarely);
        rig.Sessions.Always(number => new RecipientResult.Refused(number, Store.Mail.Reply.Parse("550 5.1.2 no such domain")));
        for (var i = 0; i < 20; i++) await rig.AcceptAsync($"user{i}@gone.test");
        for (var i = 0; i < 20; i++) await rig.Journal.NextAsync<AttemptEnded>();

        Assert.Empty(rig.Store.Circuits.All());
    }

    [Fact]
    public async Task A_probe_that_is_not_dialled_closes_nothing()
    {
        await using var rig = await DeadAsync(mails: 10);
        await rig.Journal.NextAsync<CircuitOpened>();
        await rig.Dispatcher.DrainAsync();
        rig.Sessions.Answer = (attempt, _) => Task.FromResult(attempt.All(number => new RecipientResult.Interrupted(number, "told to stop")));

        rig.Pass(FirstBreak);

        await rig.Journal.NextAsync<CircuitOpened>();
        Assert.Single(rig.Store.Circuits.All());
    }

    [Fact]
    public async Task A_circuit_that_nobody_probes_is_closed_after_a_while()
    {
        await using var rig = await RunnerRig.NewAsync();
        var host = new Destination(Transport.Smtp, "dead.test:25");
        var circuits = new Circuits(rig.Journal, rig.Store.Circuits, rig.Lease, rig.Clock, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var report = new AttemptReport([new RecipientResult.Unreached(1, "connection refused")], Phase: "connect");
        for (var i = 0; i < ToOpen; i++) await circuits.AttemptAsync(host, _ => Task.FromResult<AttemptReport?>(report), TestContext.Current.CancellationToken);
        Assert.Single(rig.Store.Circuits.All());

        rig.Clock.Advance(TimeSpan.FromMinutes(11));
        circuits.Tidy();
        await rig.Journal.NextAsync<CircuitClosed>();

        Assert.Empty(rig.Store.Circuits.All());
        Assert.Null(circuits.OpenOf(host));
    }

    [Fact]
    public async Task What_an_earlier_runner_left_open_is_tried_again()
    {
        await using var rig = await DeadAsync(mails: 10);
        await rig.Journal.NextAsync<CircuitOpened>();
        await rig.Dispatcher.DrainAsync();
        var next = new Circuits(rig.Journal, rig.Store.Circuits, rig.Lease, rig.Clock, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

        await next.CloseLeftOpenAsync();

        Assert.Equal("the runner began anew", (await rig.Journal.NextAsync<CircuitClosed>()).Reason);
        Assert.Empty(rig.Store.Circuits.All());
    }

    /// <summary>Waits for something that a look at the whole queue and the end of what is in flight bring about, once or a few times.</summary>
    private static async Task SettledAsync(RunnerRig rig, Func<bool> isSettled)
    {
        for (var looks = 0; looks < 100 && !isSettled(); looks++)
        {
            await rig.Dispatcher.RunNowAsync((_, _) => false, TestContext.Current.CancellationToken);
            await rig.Dispatcher.DrainAsync();
        }
        Assert.True(isSettled());
    }

    private static async Task<RunnerRig> DeadAsync(int mails)
    {
        var rig = await RunnerRig.NewAsync(Rarely);
        rig.Sessions.Answer = (attempt, _) => Task.FromResult(attempt.All(number => attempt.Route.Destination!.Name.StartsWith("dead", StringComparison.Ordinal)
            ? new RecipientResult.Unreached(number, "connection refused")
            : new RecipientResult.Delivered(number, FakeTransport.Ok)));
        for (var i = 0; i < mails; i++) await rig.AcceptAsync($"user{i}@dead.test");
        rig.Start();
        return rig;
    }
}

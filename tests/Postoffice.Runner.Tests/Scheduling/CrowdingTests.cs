using Postoffice.Runner.Scheduling;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Tests.Scheduling;

/// <summary>Mail that finds no place at its destination, and goes as soon as there is one: the clock stands still in all of these.</summary>
public sealed class CrowdingTests
{
    private const int Messages = 30;
    private static readonly SlotLimits Few = new(First: 2, Each: 2, Together: 12, WaitingEach: 2, WaitingTogether: 20);
    private static readonly Reply Later = Reply.Parse("451 4.3.0 Try later");

    [Theory]
    [InlineData("remote.test")]
    [InlineData("example.test")]
    public async Task Run_now_reaches_all_that_waits_however_little_room_there_is(string domain)
    {
        await using var rig = await RunnerRig.StartAsync(new RunnerOptions { Sessions = Few, Mailboxes = Few });
        var transport = domain == "remote.test" ? rig.Sessions : rig.Mailboxes;
        transport.Always(number => new RecipientResult.Refused(number, Later));
        for (var i = 0; i < Messages; i++)
        {
            await rig.AcceptAsync($"bob@{domain}");
            await rig.Journal.NextAsync<AttemptEnded>();
        }
        await rig.Dispatcher.DrainAsync();
        transport.Always(number => new RecipientResult.Delivered(number, FakeTransport.Ok));
        rig.Clock.Advance(TimeSpan.FromMilliseconds(1));

        var run = rig.Dispatcher.RunNow((_, _) => true);
        await run.Ended.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal(Messages, await run.Done);
        Assert.Equal(2 * Messages, transport.Began.Count);
        Assert.Empty(rig.Store.Due.Due(DateTimeOffset.MaxValue, null, 1));
    }

    [Fact]
    public async Task A_recipient_without_a_place_does_not_wait_for_another_one_of_the_same_message()
    {
        await using var rig = await RunnerRig.StartAsync(new RunnerOptions { Sessions = Few });
        var gates = new[] { "slow.test:25", "busy.test:25" }.ToDictionary(host => host, _ => new TaskCompletionSource());
        rig.Sessions.Answer = async (attempt, ct) =>
        {
            await gates[attempt.Route.Destination!.Name].Task.WaitAsync(ct);
            return attempt.All(number => new RecipientResult.Delivered(number, FakeTransport.Ok));
        };
        for (var i = 0; i < 10; i++) await rig.AcceptAsync($"user{i}@busy.test");
        for (var i = 0; i < 2; i++) await rig.Journal.NextAsync<AttemptStarted>();
        var id = await rig.AcceptAsync("carol@slow.test", "dave@busy.test");
        await rig.Journal.NextAsync<AttemptStarted>(); // carol's; dave finds no place

        gates["busy.test:25"].SetResult();
        for (var i = 0; i < 11; i++) await rig.Journal.NextAsync<AttemptEnded>();

        var recipients = (await rig.MessageAsync(id)).Recipients;
        Assert.Equal((RecipientState.Trying, RecipientState.Delivered), (recipients[1].State, recipients[2].State));
        gates["slow.test:25"].SetResult();
    }

    [Fact]
    public async Task A_recipient_whose_instant_comes_does_not_wait_for_another_one_of_the_same_message()
    {
        await using var rig = await RunnerRig.StartAsync();
        var slow = new TaskCompletionSource();
        rig.Sessions.Answer = async (attempt, ct) =>
        {
            if (attempt.Route.Destination!.Name == "slow.test:25") await slow.Task.WaitAsync(ct);
            return attempt.All(number => new RecipientResult.Refused(number, Later));
        };
        await rig.AcceptAsync("carol@slow.test", "dave@busy.test");
        var next = (await rig.Journal.NextAsync<AttemptEnded>()).Outcomes[0].NextAttemptAt!.Value;

        rig.Pass(next - rig.Clock.GetUtcNow());

        Assert.Equal(2, (await rig.Journal.NextAsync<AttemptEnded>()).Outcomes[0].Recipient);
        slow.SetResult();
    }

    [Theory]
    [InlineData("busy.test")]
    [InlineData(null)] // back to its own way
    public async Task A_rerouted_message_goes_when_there_is_room(string? to)
    {
        await using var rig = await RunnerRig.NewAsync(new RunnerOptions { Sessions = Few });
        var busy = new TaskCompletionSource();
        rig.Sessions.Answer = async (attempt, ct) =>
        {
            await busy.Task.WaitAsync(ct);
            return attempt.All(number => new RecipientResult.Delivered(number, FakeTransport.Ok));
        };
        for (var i = 0; i < 10; i++) await rig.AcceptAsync($"user{i}@busy.test");
        var id = await rig.AcceptAsync(to is null ? "carol@busy.test" : "carol@remote.test");
        await rig.RerouteAsync(id, new NextHop("elsewhere.test", null, 25));
        await rig.RerouteAsync(id, to is null ? null : new NextHop(to, null, 25));
        rig.Start();
        for (var i = 0; i < 2; i++) await rig.Journal.NextAsync<AttemptStarted>();

        busy.SetResult();
        for (var i = 0; i < 11; i++) await rig.Journal.NextAsync<AttemptEnded>();

        Assert.True((await rig.MessageAsync(id)).IsFinished);
    }

    [Fact]
    public async Task A_wish_ends_where_trying_is_in_vain()
    {
        await using var rig = await RunnerRig.StartAsync(new RunnerOptions { Sessions = Few });
        rig.Sessions.Always(number => new RecipientResult.Refused(number, Later)); // an answer, so no trouble with the host
        for (var i = 0; i < Messages; i++)
        {
            await rig.AcceptAsync("bob@remote.test");
            await rig.Journal.NextAsync<AttemptEnded>();
        }
        await rig.Dispatcher.DrainAsync();
        rig.Sessions.Always(number => new RecipientResult.Unreached(number, "connection refused"));
        rig.Clock.Advance(TimeSpan.FromMinutes(3)); // what the circuit remembers is over, and nothing is due yet

        await rig.Dispatcher.RunNow((_, _) => true).Ended.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.InRange(rig.Sessions.Began.Count, Messages + 5, Messages + 10); // until the circuit opened
    }

    [Fact]
    public async Task A_wish_for_mail_without_a_place_is_cancelled_with_the_schedule()
    {
        await using var rig = await RunnerRig.StartAsync(new RunnerOptions { Sessions = Few });
        rig.Sessions.Answer = async (_, ct) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, rig.Clock, ct);
            return [];
        };
        for (var i = 0; i < Messages; i++) await rig.AcceptAsync("bob@remote.test");
        var run = rig.Dispatcher.RunNow((_, _) => true);
        await run.Done.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        rig.Term.Abandon();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.Ended.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }
}

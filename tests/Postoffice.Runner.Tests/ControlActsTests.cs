using MimeKit;
using Postoffice.Runner.Conversations;
using Postoffice.Runner.Scheduling;
using Postoffice.Store.Control;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests;

public sealed class ControlActsTests
{
    private static readonly Reply Later = Reply.Parse("451 4.3.0 Try later");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_verbose_run_tells_of_each_mailbox_and_ends_with_the_attempts()
    {
        await using var rig = await WaitingAsync("bob@example.test", "dave@nowhere.test");
        var answers = await AskAsync(rig, verbose: true).ToListAsync(Ct);

        var id = (await rig.Store.Events.ReadAllAsync(0, 1, Ct))[0].Stream.ToString()["message/".Length..];
        Assert.Equal(
            [$"mailbox         {id} bob: delivered", $"no route        {id} nowhere.test: deferred: no route"],
            answers.Select(answer => answer.Said).Where(line => line is not null).Order());
        Assert.Equal(ControlAnswer.Ended(), answers[^1]);
        Assert.False(rig.Board.IsHeard(await rig.MessageAsync(Id(id))));
    }

    [Fact]
    public async Task Only_a_verbose_run_waits_for_a_slow_peer()
    {
        await using var rig = await WaitingAsync("carol@remote.test");
        var peer = new TaskCompletionSource();
        rig.Sessions.Answer = async (attempt, ct) =>
        {
            await peer.Task.WaitAsync(ct);
            return attempt.All(number => new RecipientResult.Delivered(number, FakeTransport.Ok));
        };

        Assert.Equal([ControlAnswer.Ended()], await AskAsync(rig, verbose: false).ToListAsync(Ct));
        await using var watching = AskAsync(rig, verbose: true).GetAsyncEnumerator(Ct);
        var first = watching.MoveNextAsync().AsTask();
        rig.Clock.Advance(ControlActs.Quiet);
        Assert.True(await first);
        Assert.Equal("(attempts are under way)", watching.Current.Said);

        peer.SetResult();
        while (await watching.MoveNextAsync() && watching.Current.End is null)
        {
        }
        Assert.Equal(ControlAnswer.Ended(), watching.Current);
        Assert.Equal(2, rig.Sessions.Began.Count); // the second run had nothing left to begin
    }

    [Fact]
    public async Task A_run_on_a_stopping_runner_says_so()
    {
        await using var rig = await RunnerRig.NewAsync();
        rig.Term.Stop();
        rig.Start();

        Assert.Equal(75, (await AskAsync(rig, verbose: true).ToListAsync(Ct))[^1].End!.ExitCode);
        Assert.Equal(75, (await AskAsync(rig, verbose: false).ToListAsync(Ct))[^1].End!.ExitCode);
    }

    [Fact]
    public async Task A_run_for_one_destination_leaves_the_others_waiting()
    {
        await using var rig = await WaitingAsync("carol@remote.test", "dave@elsewhere.test");
        rig.Sessions.Always(number => new RecipientResult.Delivered(number, FakeTransport.Ok));
        var before = rig.Sessions.Began.Count;

        await AskAsync(rig, new ControlRequest(ControlRequest.Run, Chosen: new RunFilter(Destination: "remote.test"))).ToListAsync(Ct);

        await rig.Journal.NextAsync<AttemptEnded>();
        Assert.Equal([1], rig.Sessions.Began.Skip(before).Select(began => began.Recipient));
    }

    [Fact]
    public async Task A_run_that_nothing_fits_says_so()
    {
        await using var rig = await WaitingAsync("carol@remote.test");
        var answers = await AskAsync(rig, new ControlRequest(ControlRequest.Run, Chosen: new RunFilter(Sender: "eve@"))).ToListAsync(Ct);
        Assert.Equal([ControlAnswer.Ended(0, ControlActs.NothingFits)], answers);
    }

    [Fact]
    public async Task What_is_released_is_tried_at_once()
    {
        await using var rig = await WaitingAsync("carol@remote.test");
        var id = rig.Sessions.Began.Single().Message;
        Assert.Equal("held", await OrderAsync(rig, ControlRequest.Hold, new([$"{id}"], "to see")));
        await AskAsync(rig, verbose: false).ToListAsync(Ct);
        Assert.Single(rig.Sessions.Began); // not even a run tries what is held

        rig.Sessions.Always(number => new RecipientResult.Delivered(number, FakeTransport.Ok));
        Assert.Equal("released", await OrderAsync(rig, ControlRequest.Release, new([$"{id}"])));
        Assert.Equal(OutcomeKind.Delivered, Assert.Single((await rig.Journal.NextAsync<AttemptEnded>()).Outcomes).Result);
    }

    [Fact]
    public async Task What_is_rerouted_goes_there_at_once_and_at_each_attempt_until_it_is_sent_back()
    {
        await using var rig = await WaitingAsync("bob@example.test");
        var id = rig.Mailboxes.Began.Single().Message;
        await OrderAsync(rig, ControlRequest.Reroute, new([$"{id}"], To: "mx.example.net:2525"));

        Assert.Equal("mx.example.net:2525", (await rig.Journal.NextAsync<AttemptStarted>()).Route.Target);
        await rig.Journal.NextAsync<AttemptEnded>(); // refused for now by every host
        rig.Pass(TimeSpan.FromMinutes(30));
        Assert.Equal("mx.example.net:2525", (await rig.Journal.NextAsync<AttemptStarted>()).Route.Target);

        await rig.Journal.NextAsync<AttemptEnded>();
        await OrderAsync(rig, ControlRequest.Reroute, new([$"{id}"]));
        Assert.Equal(new AttemptRoute(Transport.Mailbox, "bob"), (await rig.Journal.NextAsync<AttemptStarted>()).Route with { Mailbox = null });
    }

    [Fact]
    public async Task Nothing_leaves_by_a_route_that_was_planned_before_the_message_was_rerouted()
    {
        await using var rig = await RunnerRig.NewAsync();
        var id = await rig.AcceptAsync("carol@remote.test");
        using var flight = new MessageInFlight(id);
        var part = await rig.PartAsync(id);
        await OrderAsync(rig, ControlRequest.Reroute, new([$"{id}"], To: "mx.example.net"));

        Assert.Empty(await rig.Recorder.BeginAsync(flight, 1, part, new AttemptRoute(Transport.Smtp, "remote.test:25"), Ct));
    }

    [Theory]
    [InlineData(ControlRequest.Cancel)]
    [InlineData(ControlRequest.Expire)]
    public async Task Who_is_ended_while_his_message_waits_for_a_place_gets_no_mail(string word)
    {
        var slow = new TaskCompletionSource();
        await using var rig = await RunnerRig.NewAsync();
        rig.Sessions.Answer = async (attempt, ct) =>
        {
            await slow.Task.WaitAsync(ct);
            return attempt.All(number => new RecipientResult.Delivered(number, FakeTransport.Ok));
        };
        rig.Start();
        for (var places = rig.Workings.Current.Options.Sessions.First; places > 0; places--)
        {
            await rig.AcceptAsync("alice@remote.test");
            await rig.Journal.NextAsync<AttemptStarted>();
        }
        var id = await rig.AcceptAsync("bob@remote.test", "carol@remote.test");
        await AskAsync(rig, verbose: false).ToListAsync(Ct); // it has its place in the line now

        await OrderAsync(rig, word, new([$"{id}"], Recipient: "carol@remote.test"));
        slow.SetResult();
        await rig.Dispatcher.DrainAsync();

        Assert.Equal([1], rig.Sessions.Began.Where(began => began.Message == id).Select(began => began.Recipient));
        Assert.True((await rig.MessageAsync(id)).IsFinished);
    }

    [Fact]
    public async Task What_is_cancelled_while_it_is_tried_ends_with_that_attempt_and_nobody_is_told()
    {
        await using var rig = await RunnerRig.StartAsync();
        var peer = new TaskCompletionSource();
        rig.Sessions.Answer = async (attempt, ct) =>
        {
            await peer.Task.WaitAsync(ct);
            return attempt.All(number => new RecipientResult.Refused(number, Later));
        };
        var id = await rig.AcceptAsync("carol@remote.test");
        await rig.Journal.NextAsync<AttemptStarted>();
        Assert.Equal("1 recipient being tried now ends with that attempt", await OrderAsync(rig, ControlRequest.Cancel, new([$"{id}"], "spam")));

        peer.SetResult();
        await rig.Journal.NextAsync<AttemptEnded>();
        Assert.Equal(new MessageCancelled("root", [1], Reason: "spam"), await rig.Journal.NextAsync<MessageCancelled>());
        var message = await rig.MessageAsync(id);
        Assert.True(message.IsFinished);
        Assert.Empty(rig.Store.Queue.All(null));
        Assert.Equal(0, await rig.CountAsync(id, "dsn-queued.v1"));
    }

    [Fact]
    public async Task What_an_operator_expires_comes_back_to_its_sender_in_the_same_append()
    {
        await using var rig = await WaitingAsync("carol@remote.test");
        var id = rig.Sessions.Began.Single().Message;
        await OrderAsync(rig, ControlRequest.Hold, new([$"{id}"]));
        Assert.Equal("expired: 1 recipient", await OrderAsync(rig, ControlRequest.Expire, new([$"{id}"], "the host is gone for good")));

        Assert.Equal(new RecipientExpired([1], $"{Later}", "root", "the host is gone for good"), await rig.Journal.NextAsync<RecipientExpired>());
        var (_, dsn) = await rig.NextDsnAsync();
        var words = Assert.IsType<TextPart>(Assert.IsType<MultipartReport>(dsn.Body)[0]).Text;
        Assert.Contains("It was expired by root: the host is gone for good; last heard:", words);
        Assert.Equal(2, words.Split($"{Later}").Length); // said once
    }

    [Fact]
    public async Task Destinations_are_told_with_what_waits_and_what_goes_on()
    {
        await using var rig = await WaitingAsync("carol@remote.test", "bob@example.test");
        await rig.Store.CatchUpAsync(Ct);
        var answers = await AskAsync(rig, new ControlRequest(ControlRequest.Destinations)).ToListAsync(Ct);

        Assert.Equal(ControlAnswer.Ended(), answers[^1]);
        Assert.Equal(("example.test", 1), (answers[0].Destination!.Destination, answers[0].Destination!.Waiting));
        var remote = answers[1].Destination!;
        Assert.Equal(("remote.test:25", 1, 0, 0), (remote.Destination, remote.Waiting, remote.Trying, remote.Held));
        Assert.Equal($"{Later}", remote.LastReply);
        Assert.Equal(0, remote.Running);
        Assert.True(remote.Limit > 0);
    }

    [Fact]
    public async Task A_runner_without_the_lease_does_nothing_and_says_so()
    {
        using var temp = new TempStore();
        var answer = Assert.Single(await new ControlActs(null, null, new StoreAnswers(temp.Store), new SwitchBoard(), TimeProvider.System)
            .AnswerAsync(new ControlRequest(ControlRequest.Hold), ControlRights.OfOwner(0), Ct).ToListAsync(Ct));
        Assert.Equal(75, answer.End!.ExitCode);
    }

    /// <summary>A runner with a message all of whose recipients wait for their next instant.</summary>
    private static async Task<RunnerRig> WaitingAsync(params string[] recipients)
    {
        var rig = await RunnerRig.StartAsync();
        rig.Mailboxes.Always(number => new RecipientResult.Refused(number, Later));
        rig.Sessions.Always(number => new RecipientResult.Refused(number, Later));
        await rig.AcceptAsync(recipients);
        foreach (var _ in recipients) await rig.Journal.NextAsync<AttemptEnded>();
        rig.Clock.Advance(TimeSpan.FromSeconds(2));
        while (rig.Dispatcher.InFlight > 0) await Task.Yield();
        rig.Mailboxes.Always(number => new RecipientResult.Delivered(number, FakeTransport.Ok));
        return rig;
    }

    private static IAsyncEnumerable<ControlAnswer> AskAsync(RunnerRig rig, bool verbose) =>
        AskAsync(rig, new ControlRequest(ControlRequest.Run, Verbose: verbose));

    private static IAsyncEnumerable<ControlAnswer> AskAsync(RunnerRig rig, ControlRequest request) =>
        new ControlActs(rig.Dispatcher, rig.Recorder, new StoreAnswers(rig.Store), rig.Board, rig.Clock).AnswerAsync(request, ControlRights.OfOwner(0), Ct);

    private static async Task<string> OrderAsync(RunnerRig rig, string word, MessageOrder order)
    {
        var answers = await AskAsync(rig, new ControlRequest(word, Order: order)).ToListAsync(Ct);
        Assert.Equal(ControlAnswer.Ended(), answers[^1]);
        return answers[0].Act!.Words;
    }

    private static QueueId Id(string text) => QueueId.TryParse(text, out var id) ? id : throw new FormatException(text);
}

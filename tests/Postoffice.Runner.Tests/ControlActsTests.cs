using Postoffice.Store.Control;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

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

    private static IAsyncEnumerable<ControlAnswer> AskAsync(RunnerRig rig, bool verbose) => new ControlActs(rig.Board, rig.Clock).RunAsync(
        rig.Dispatcher, new ControlRequest(ControlRequest.Run, Verbose: verbose), ControlRights.OfOwner(0), Ct);

    private static QueueId Id(string text) => QueueId.TryParse(text, out var id) ? id : throw new FormatException(text);
}

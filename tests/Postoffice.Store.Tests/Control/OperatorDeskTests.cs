using Postoffice.Store.Control;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Control;

/// <summary>What operators order, straight into a journal.</summary>
public sealed class OperatorDeskTests : IDisposable
{
    private static readonly ControlRights Root = ControlRights.OfOwner(0);
    private readonly TempStore temp = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private MailStore Store => temp.Store;

    public void Dispose() => temp.Dispose();

    [Fact]
    public async Task Each_act_is_a_fact_with_who_and_why()
    {
        var id = await Store.AcceptAsync(Ct, null, "bob@example.test", "carol@example.test");
        Assert.Equal("held", await DoAsync(ControlRequest.Hold, new([$"{id}"], "to see")));
        Assert.Equal("goes to mx.example.net:25 from now on", await DoAsync(ControlRequest.Reroute, new([$"{id}"], "down", To: "mx.example.net")));
        Assert.Equal("goes by the configuration again", await DoAsync(ControlRequest.Reroute, new([$"{id}"])));
        Assert.Equal("released", await DoAsync(ControlRequest.Release, new([$"{id}"])));
        Assert.Equal("cancelled: 1 recipient", await DoAsync(ControlRequest.Cancel, new([$"{id}"], "spam", "Carol@example.test")));
        Assert.Equal("cancelled: 1 recipient", await DoAsync(ControlRequest.Cancel, new([$"{id}"], Recipient: "1")));

        Assert.Equal(
            [
                new MessageHeld("root", "to see"),
                new MessageRerouted("root", NextHop.Parse("mx.example.net"), "down"),
                new MessageRerouted("root"),
                new MessageReleased("root"),
                new MessageCancelled("root", [2], Reason: "spam"),
                new MessageCancelled("root", [1]),
            ],
            (await Store.Events.ReadAsync(StreamId.Message(id), 1, Ct)).Select(recorded => recorded.Fact));
        Assert.Empty(Store.Queue.All(null));
    }

    [Fact]
    public async Task One_message_that_is_unknown_keeps_none_of_the_others()
    {
        var first = await Store.AcceptAsync(Ct);
        var done = await Store.DeliverAsync(Ct);
        var last = await Store.AcceptAsync(Ct);
        var answers = await AskAsync(ControlRequest.Hold, new([$"{first}", "'; DROP TABLE event", "000000000000", $"{done}", $"{last}"]));

        Assert.Equal([true, false, false, false, true], answers[..^1].Select(answer => answer.Act!.Changed));
        Assert.Equal([0, 64, 66, 66, 0], answers[..^1].Select(answer => answer.Act!.ExitCode));
        Assert.Equal(ControlAnswer.Ended(66), answers[^1]);
        Assert.Equal("is no longer in the queue", answers[3].Act!.Words);
    }

    [Theory]
    [InlineData(ControlRequest.Hold, "is held already by root: to see")]
    [InlineData(ControlRequest.Reroute, "goes to mx.example.net:2525 already")]
    public async Task What_is_done_already_is_said_and_no_error(string word, string words)
    {
        var id = await Store.AcceptAsync(Ct);
        var order = new MessageOrder([$"{id}"], "to see", To: "mx.example.net:2525");
        await AskAsync(word, order);
        var again = await AskAsync(word, order);
        Assert.Equal(new ActEntry($"{id}", false, words, 0), again[0].Act);
        Assert.Equal(ControlAnswer.Ended(), again[1]);
    }

    [Fact]
    public async Task Nobody_is_expired_where_his_sender_cannot_be_told() =>
        Assert.Equal(69, Assert.Single(await AskAsync(ControlRequest.Expire, new([$"{await Store.AcceptAsync(Ct)}"]))).End!.ExitCode);

    [Fact]
    public async Task Nor_is_the_last_recipient_of_a_message_ended_there_whose_sender_is_still_to_be_told_of_others()
    {
        var id = await Store.AcceptAsync(Ct, content: null, ["bob@example.test", "carol@example.test", "dave@example.test"]);
        await Store.AttemptAsync(id, OutcomeKind.Refused, Ct);

        Assert.Equal("cancelled: 1 recipient", await DoAsync(ControlRequest.Cancel, new([$"{id}"], Recipient: "2")));
        var entry = (await AskAsync(ControlRequest.Cancel, new([$"{id}"])))[0].Act!;

        Assert.Equal((false, 69), (entry.Changed, entry.ExitCode));
        Assert.Equal("has failures that its sender must be told of when it ends, which only postoffice-runner can do; it does not run", entry.Words);
    }

    [Fact]
    public async Task Whoever_may_not_see_everything_changes_nothing()
    {
        var id = await Store.AcceptAsync(Ct);
        var request = new ControlRequest(ControlRequest.Cancel, Order: new([$"{id}"]));
        var answers = await new OperatorDesk(new JournalActs(Store.Events)).AnswerAsync(request, new ControlRights(1000, false, true), Ct).ToListAsync(Ct);
        Assert.Equal(77, Assert.Single(answers).End!.ExitCode);
        Assert.Single(await Store.Events.ReadAsync(StreamId.Message(id), 0, Ct));
    }

    [Theory]
    [InlineData(0, null, null)]
    [InlineData(101, null, null)]
    [InlineData(1, "not a host", null)]
    [InlineData(1, null, 501)]
    public async Task An_order_that_makes_no_sense_is_refused_as_a_whole(int ids, string? to, int? reason)
    {
        var order = new MessageOrder([.. Enumerable.Repeat("000000000000", ids)], reason is null ? null : new string('x', reason.Value), To: to);
        Assert.Equal(64, Assert.Single(await AskAsync(ControlRequest.Reroute, order)).End!.ExitCode);
    }

    [Fact]
    public async Task A_recipient_that_is_not_there_is_named()
    {
        var id = await Store.AcceptAsync(Ct);
        var answers = await AskAsync(ControlRequest.Cancel, new([$"{id}"], Recipient: "eve@example.test"));
        Assert.Equal(new ActEntry($"{id}", false, "has no recipient eve@example.test that waits", 66), answers[0].Act);
    }

    [Fact]
    public async Task A_message_whose_facts_cannot_be_read_is_told_from_one_that_is_unknown()
    {
        var id = await Store.AcceptAsync(Ct);
        await Store.SqlAsync($"INSERT INTO event (stream, version, name, data, recorded_at_ms) VALUES ('message/{id}', 2, 'attempt-ended.v1', '{{}}', 0)");
        Assert.Equal(65, (await AskAsync(ControlRequest.Hold, new([$"{id}"])))[0].Act!.ExitCode);
    }

    [Fact]
    public async Task An_act_that_loses_a_race_is_decided_anew()
    {
        var id = await Store.AcceptAsync(Ct);
        var acts = new JournalActs(Store.Events);
        var asked = 0;
        Assert.False(await acts.ActAsync(id, message =>
        {
            if (asked++ == 0) Store.AttemptAsync(id, OutcomeKind.Delivered, Ct).GetAwaiter().GetResult();
            return Operate.Hold(message, "root", null);
        }, Ct));
        Assert.Equal(2, asked);
    }

    private async Task<string> DoAsync(string word, MessageOrder order)
    {
        var answers = await AskAsync(word, order);
        Assert.True(answers[0].Act!.Changed, answers[0].Act!.Words);
        Assert.Equal(ControlAnswer.Ended(), answers[^1]);
        return answers[0].Act!.Words;
    }

    private Task<List<ControlAnswer>> AskAsync(string word, MessageOrder order) => AskAsync(new ControlRequest(word, Order: order));

    private async Task<List<ControlAnswer>> AskAsync(ControlRequest request) =>
        await new OperatorDesk(new JournalActs(Store.Events)).AnswerAsync(request, Root, Ct).ToListAsync(Ct);
}

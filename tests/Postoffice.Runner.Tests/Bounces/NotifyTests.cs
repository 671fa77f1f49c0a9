using MimeKit;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Tests.Bounces;

/// <summary>What a sender asked for with NOTIFY is what he hears (RFC 3461 §4.1).</summary>
public sealed class NotifyTests
{
    [Fact]
    public async Task Who_asked_for_success_hears_of_the_mailbox_that_has_it()
    {
        await using var rig = await RunnerRig.StartAsync();
        var id = await AcceptAsync(rig, Notify.Success, "bob@example.test");

        var (fact, dsn) = await rig.NextDsnAsync();

        Assert.Equal(DsnAction.Delivered, fact.Action);
        Assert.Equal("Delivered mail", dsn.Subject);
        var status = StatusOf(dsn)[1];
        Assert.Equal("delivered", status["Action"]);
        Assert.Equal("2.0.0", status["Status"]);
        Assert.Null(status["Diagnostic-Code"]);
        Assert.True((await rig.MessageAsync(id)).Recipients[1].Reported);
    }

    [Fact]
    public async Task Who_asked_for_success_hears_of_a_next_hop_that_will_say_nothing_more()
    {
        await using var rig = await RunnerRig.StartAsync();
        await AcceptAsync(rig, Notify.Success | Notify.Failure, "carol@remote.test");

        var (fact, dsn) = await rig.NextDsnAsync();

        Assert.Equal(DsnAction.Relayed, fact.Action);
        Assert.Equal("relayed", StatusOf(dsn)[1]["Action"]);
        Assert.Contains("handed on", TextOf(dsn));
    }

    [Fact]
    public async Task A_next_hop_that_tells_the_sender_itself_leaves_us_nothing_to_say()
    {
        await using var rig = await RunnerRig.NewAsync();
        rig.Sessions.Always(number => new RecipientResult.Delivered(number, FakeTransport.Ok, DsnPassedOn: true));
        var id = await AcceptAsync(rig, Notify.Success, "carol@remote.test");
        rig.Start();
        await rig.Journal.NextAsync<AttemptEnded>();
        await rig.Dispatcher.DrainAsync();

        Assert.Equal(0, await rig.CountAsync(id, "dsn-queued.v1"));
    }

    [Fact]
    public async Task Who_asked_for_failures_hears_of_no_delivery()
    {
        await using var rig = await RunnerRig.StartAsync();
        var id = await AcceptAsync(rig, Notify.Failure, "bob@example.test");
        await rig.Journal.NextAsync<AttemptEnded>();
        await rig.Dispatcher.DrainAsync();

        Assert.Equal(0, await rig.CountAsync(id, "dsn-queued.v1"));
    }

    [Fact]
    public async Task A_next_hops_transaction_that_went_both_ways_is_one_notification()
    {
        await using var rig = await RunnerRig.NewAsync();
        rig.Sessions.Always(number => number == 1
            ? new RecipientResult.Refused(number, Reply.Parse("550 5.1.1 no"))
            : new RecipientResult.Delivered(number, FakeTransport.Ok));
        var id = await AcceptAsync(rig, Notify.Success | Notify.Failure, "carol@remote.test", "dave@remote.test");
        rig.Start();

        var (failed, dsn) = await rig.NextDsnAsync();
        var relayed = await rig.Journal.NextAsync<DsnQueued>();

        Assert.Equal((DsnAction.Failed, [1]), (failed.Action, failed.Recipients));
        Assert.Equal((failed.Dsn, DsnAction.Relayed, [2]), (relayed.Dsn, relayed.Action, relayed.Recipients));
        Assert.Equal("Undelivered mail", dsn.Subject);
        Assert.Equal(["failed", "relayed"], StatusOf(dsn).Skip(1).Select(recipient => recipient["Action"]));
        Assert.All((await rig.MessageAsync(id)).Recipients.Values, recipient => Assert.True(recipient.Reported));
    }

    [Fact]
    public async Task An_attempt_that_fails_late_warns_the_sender_once()
    {
        await using var rig = await RunnerRig.NewAsync(new RunnerOptions { Retry = new(new RetrySchedule([TimeSpan.FromHours(5)])) });
        rig.Sessions.Always(number => new RecipientResult.Refused(number, Reply.Parse("451 4.3.2 not now")));
        var id = await rig.AcceptAsync("carol@remote.test");
        rig.Start();
        await rig.Journal.NextAsync<AttemptEnded>();
        rig.Pass(TimeSpan.FromHours(6));

        var (fact, dsn) = await rig.NextDsnAsync();
        rig.Pass(TimeSpan.FromHours(6));
        await rig.Journal.NextAsync<AttemptEnded>();
        await rig.Dispatcher.DrainAsync();

        Assert.Equal(DsnAction.Delayed, fact.Action);
        Assert.Equal("Delayed mail, still being tried", dsn.Subject);
        var status = StatusOf(dsn)[1];
        Assert.Equal(("delayed", "4.3.2"), (status["Action"], status["Status"]));
        Assert.StartsWith("smtp; 451 4.3.2", status["Diagnostic-Code"]);
        Assert.NotNull(status["Will-Retry-Until"]);
        Assert.Equal(1, await rig.CountAsync(id, "dsn-queued.v1"));
    }

    private static Task<QueueId> AcceptAsync(RunnerRig rig, Notify notify, params string[] recipients) => rig.AcceptAsync(accepted => accepted with
    {
        Recipients = recipients.Select((to, index) => new AcceptedRecipient(index + 1, ForwardPath.Parse(to), notify)).ToValueList(),
    });

    private static IReadOnlyList<HeaderList> StatusOf(MimeMessage dsn) =>
        [.. Assert.IsType<MessageDeliveryStatus>(Assert.IsType<MultipartReport>(dsn.Body)[1]).StatusGroups.Where(group => group.Count > 0)];

    private static string TextOf(MimeMessage dsn) => ((TextPart)Assert.IsType<MultipartReport>(dsn.Body)[0]).Text;
}

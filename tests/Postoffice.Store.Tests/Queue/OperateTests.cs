using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using Postoffice.Testing;
using static Postoffice.Testing.Cast;
using static Postoffice.Testing.QueueScene;

namespace Postoffice.Store.Tests.Queue;

public sealed class OperateTests
{
    private static readonly AttemptStarted First = new(1, [1], new AttemptRoute(Transport.Smtp, "mx.example.test:25"));
    private static readonly Reply Later = Reply.Parse("451 4.3.0 Try later");
    private static readonly RecipientOutcome Deferred = new(1, OutcomeKind.Deferred, Later, NextAttemptAt: Noon);
    private static readonly RecipientOutcome Delivered = new(1, OutcomeKind.Delivered, Reply.Parse("250 ok"));
    private static readonly NextHop Elsewhere = NextHop.Parse("mx.example.net:2525");

    [Fact]
    public void A_waiting_message_is_held_once_and_released_once()
    {
        Given(Accepted()).When(message => Operate.Hold(message, "root", "to see")).Then(new MessageHeld("root", "to see"));
        Given(Accepted(), new MessageHeld("root", "to see")).When(message => Operate.Hold(message, "eve", null)).ThenNothing();
        Given(Accepted(), new MessageHeld("root", "")).When(message => Operate.Release(message, "eve", "seen")).Then(new MessageReleased("eve", "seen"));
        Given(Accepted()).When(message => Operate.Release(message, "root", null)).ThenNothing();
    }

    [Fact]
    public void Who_holds_a_message_and_why_is_known() =>
        Assert.Equal("root: to see", Given(Accepted(), new MessageHeld("root", "to see")).Message.Held);

    [Fact]
    public void A_finished_message_is_beyond_every_act()
    {
        var finished = Given(Accepted(), First, Ended(Delivered));
        finished.When(message => Operate.Hold(message, "root", null)).ThenNothing();
        finished.When(message => Operate.Release(message, "root", null)).ThenNothing();
        finished.When(message => Operate.Cancel(message, All, "root", null)).ThenNothing();
        finished.When(message => Operate.Expire(message, All, "root", null)).ThenNothing();
        finished.When(message => Operate.Reroute(message, Elsewhere, "root", null)).ThenNothing();
    }

    [Fact]
    public void Cancelled_recipients_are_ended_and_nobody_is_told() => Given(Two())
        .When(message => Operate.Cancel(message, All, "root", "spam"))
        .Then(cancelled =>
        {
            Assert.Equal(new MessageCancelled("root", [1, 2], Reason: "spam"), cancelled);
            var after = Given(Two(), cancelled!).Message;
            Assert.True(after.IsFinished);
            Assert.False(DecideReport.IsOwed(after));
            Assert.Null(Decide.Start(after, 1, [1, 2], First.Route));
            Assert.Equal("cancelled by root: spam", after.Recipients[1].Ending);
        });

    [Fact]
    public void Only_the_chosen_recipient_is_ended() => Given(Two())
        .When(message => Operate.Cancel(message, recipient => recipient.Number == 2, "root", null))
        .Then(new MessageCancelled("root", [2]));

    [Fact]
    public void An_attempt_under_way_ends_before_a_cancelled_recipient_does()
    {
        var cancelled = new MessageCancelled("root", [2], [1], "spam");
        Given(Two(), First).When(message => Operate.Cancel(message, All, "root", "spam")).Then(cancelled);

        var trying = Given(Two(), First, cancelled);
        Assert.Equal(RecipientState.Trying, trying.Message.Recipients[1].State);
        trying.When(message => Operate.Cancel(message, All, "root", "again")).ThenNothing();
        Assert.Empty(Operate.Fulfil(trying.Message));

        Assert.Equal([new MessageCancelled("root", [1], Reason: "spam")], Operate.Fulfil(Given(Two(), First, cancelled, Ended(Deferred)).Message));
    }

    [Fact]
    public void What_an_attempt_under_way_delivers_is_delivered()
    {
        var after = Given(Two(), First, new MessageCancelled("root", [2], [1]), Ended(Delivered)).Message;
        Assert.Equal(RecipientState.Delivered, after.Recipients[1].State);
        Assert.Empty(Operate.Fulfil(after));
    }

    [Fact]
    public void An_order_is_fulfilled_once()
    {
        var after = Given(Two(), First, new MessageCancelled("root", [2], [1]), Ended(Deferred), new MessageCancelled("root", [1])).Message;
        Assert.True(after.IsFinished);
        Assert.Empty(Operate.Fulfil(after));
    }

    [Fact]
    public void Expired_by_an_operator_the_sender_is_told_held_or_not() =>
        Given(Accepted(), First, Ended(Deferred), new MessageHeld("root", "to see"))
            .When(message => Operate.Expire(message, All, "root", "dead host"))
            .Then(expired =>
            {
                Assert.Equal(new RecipientExpired([1], Later.ToString(), "root", "dead host"), expired);
                var after = Given(Accepted(), First, Ended(Deferred), expired!).Message;
                Assert.Equal(after.Recipients[1], Assert.Single(DecideReport.Of(after, TimeSpan.Zero, TimeSpan.FromDays(3), Noon)!.Told).Recipient);
                Assert.Equal($"expired by root: dead host; last heard: {Later}", after.Recipients[1].Ending);
            });

    [Fact]
    public void A_recipient_being_tried_expires_when_that_leaves_it_waiting() => Assert.Equal(
        [new RecipientExpired([1], Later.ToString(), "root")],
        Operate.Fulfil(Given(Accepted(), First, new RecipientExpired([], null, "root", Trying: [1]), Ended(Deferred)).Message));

    [Fact]
    public void A_cancelled_recipient_is_not_expired_but_an_expiring_one_may_be_cancelled()
    {
        Given(Accepted(), First, new MessageCancelled("root", [], [1])).When(message => Operate.Expire(message, All, "root", null)).ThenNothing();
        Given(Accepted(), First, new RecipientExpired([], null, "root", Trying: [1]))
            .When(message => Operate.Cancel(message, All, "root", null)).Then(new MessageCancelled("root", [], [1]));
    }

    [Fact]
    public void A_message_goes_another_way_until_it_is_sent_back()
    {
        Given(Accepted()).When(message => Operate.Reroute(message, Elsewhere, "root", "down")).Then(new MessageRerouted("root", Elsewhere, "down"));
        Given(Accepted()).When(message => Operate.Reroute(message, null, "root", null)).ThenNothing();

        var rerouted = Given(Accepted(), new MessageRerouted("root", Elsewhere, "down"));
        Assert.Equal("mx.example.net:2525 (root: down)", rerouted.Message.Rerouted?.Words());
        rerouted.When(message => Operate.Reroute(message, Elsewhere, "root", null)).ThenNothing();
        rerouted.When(message => Operate.Reroute(message, null, "root", null)).Then(new MessageRerouted("root"));
        Assert.Null(Given(Accepted(), new MessageRerouted("root", Elsewhere), new MessageRerouted("root")).Message.Rerouted);
    }

    private static bool All(QueuedRecipient recipient) => true;

    private static MessageAccepted Two() => Accepted(new AcceptedRecipient(1, Bob), new AcceptedRecipient(2, Carol));

    private static AttemptEnded Ended(RecipientOutcome outcome) => new(1, [outcome]);
}

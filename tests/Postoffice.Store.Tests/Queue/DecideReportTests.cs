using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using static Postoffice.Testing.Cast;
using static Postoffice.Testing.QueueScene;

namespace Postoffice.Store.Tests.Queue;

public sealed class DecideReportTests
{
    private static readonly TimeSpan Warning = TimeSpan.FromHours(4);
    private static readonly Reply Ok = Reply.Parse("250 ok");
    private static readonly RecipientOutcome Refused = new(1, OutcomeKind.Refused, Reply.Parse("550 5.1.1 No such user"));
    private static readonly RecipientOutcome Deferred = new(1, OutcomeKind.Deferred, Reply.Parse("451 4.3.0 Try later"), NextAttemptAt: Noon);
    private static readonly RecipientOutcome Taken = new(1, OutcomeKind.Delivered, Ok);

    [Fact]
    public void The_sender_is_told_of_each_failure_once()
    {
        Given(Accepted(), ByHost(1), Ended(Refused)).When(Asked).Then(report => Told(report, DsnAction.Failed));
        Given(Accepted(), ByHost(1), Ended(Refused), new DsnQueued(null, [1], "why")).When(Asked).ThenNothing();
    }

    [Theory]
    [InlineData(Notify.Never)]
    [InlineData(Notify.Success)]
    [InlineData(Notify.Success | Notify.Delay)]
    public void Who_did_not_ask_for_failures_is_not_told_and_that_is_known(Notify notify) =>
        Given(Accepted(Bobby(notify)), ByHost(1), Ended(Refused)).When(Asked).Then(report =>
        {
            Assert.Empty(report!.Told);
            Assert.Equal([1], report.Untold);
        });

    [Theory]
    [InlineData(null)]
    [InlineData(Notify.Never)]
    [InlineData(Notify.Failure | Notify.Delay)]
    public void A_delivery_is_told_to_nobody_who_did_not_ask(Notify? notify)
    {
        Given(Accepted(Bobby(notify)), ByHost(1), Ended(Taken)).When(Asked).ThenNothing();
        Given(Accepted(Bobby(notify)), ToMailbox(1), Ended(Taken)).When(Asked).ThenNothing();
    }

    [Fact]
    public void A_delivery_into_a_mailbox_is_told_to_who_asked_once()
    {
        Given(Accepted(Bobby(Notify.Success)), ToMailbox(1), Ended(Taken)).When(Asked).Then(report => Told(report, DsnAction.Delivered));
        Given(Accepted(Bobby(Notify.Success)), ToMailbox(1), Ended(Taken), Queued(DsnAction.Delivered)).When(Asked).ThenNothing();
    }

    [Fact]
    public void A_next_hop_that_reports_no_deliveries_makes_it_relayed() =>
        Given(Accepted(Bobby(Notify.Success)), ByHost(1), Ended(Taken)).When(Asked).Then(report => Told(report, DsnAction.Relayed));

    [Fact]
    public void A_sender_who_is_nobody_hears_of_failures_only()
    {
        var nobody = Accepted(Bobby(Notify.Success)) with { From = ReversePath.Null };
        Given(nobody, ToMailbox(1), Ended(Taken)).When(Asked).ThenNothing();
        Given(nobody).When(Asked).ThenNothing();
    }

    [Fact]
    public void What_waits_long_is_told_once()
    {
        Given(Accepted()).When(message => DecideReport.Of(message, Warning, TimeSpan.FromDays(3), Noon.AddHours(4).AddMilliseconds(-1))).ThenNothing();
        Given(Accepted()).When(Asked).Then(report => Told(report, DsnAction.Delayed));
        Given(Accepted(), ByHost(1), Ended(Deferred)).When(Asked).Then(report => Told(report, DsnAction.Delayed));
        Given(Accepted(), ByHost(1), Ended(Deferred), Queued(DsnAction.Delayed)).When(Asked).ThenNothing();
    }

    [Fact]
    public void Who_was_warned_is_told_of_the_failure_as_well() =>
        Given(Accepted(), Queued(DsnAction.Delayed), ByHost(1), Ended(Refused)).When(Asked).Then(report => Told(report, DsnAction.Failed));

    [Theory]
    [InlineData(Notify.Never, false)]
    [InlineData(Notify.Failure, false)]
    [InlineData(Notify.Delay, true)]
    public void Who_chose_hears_of_a_delay_only_if_he_chose_that(Notify notify, bool isTold) =>
        Assert.Equal(isTold, Asked(Given(Accepted(Bobby(notify))).Message) is not null);

    [Fact]
    public void Nobody_is_warned_of_a_delay_that_is_over() =>
        Given(Accepted()).When(message => DecideReport.Of(message, Warning, TimeSpan.FromHours(5), Noon.AddHours(5))).ThenNothing();

    [Fact]
    public void Without_a_time_nobody_is_warned() => Given(Accepted()).When(message => DecideReport.Of(message, TimeSpan.Zero, TimeSpan.FromDays(3), Noon.AddDays(2))).ThenNothing();

    [Fact]
    public void What_is_held_or_under_way_is_not_late()
    {
        Given(Accepted(), new MessageHeld("root", "to see")).When(Asked).ThenNothing();
        Given(Accepted(), ByHost(1)).When(Asked).ThenNothing();
    }

    [Fact]
    public void After_ten_notifications_about_a_message_failures_gather_for_an_hour()
    {
        var message = Given([Accepted(Recipients(13)), .. OneByOne(11)]).Message;
        var told = Noon.AddSeconds(33);
        Assert.Null(DecideReport.Of(message, TimeSpan.Zero, TimeSpan.FromDays(3), told.AddMinutes(59)));
        Assert.Equal([11], DecideReport.Of(message, TimeSpan.Zero, TimeSpan.FromDays(3), told.AddHours(1))!.Told.Select(one => one.Recipient.Number));
    }

    [Fact]
    public void What_has_gathered_is_told_when_nothing_of_the_message_is_open_any_more() =>
        Given([Accepted(Recipients(12)), .. OneByOne(12)]).When(message => DecideReport.Of(message, TimeSpan.Zero, TimeSpan.FromDays(3), Noon.AddMinutes(1)))
            .Then(report => Assert.Equal([11, 12], report!.Told.Select(one => one.Recipient.Number)));

    [Fact]
    public void A_message_is_needed_until_its_failures_are_reported()
    {
        Assert.True(DecideReport.IsOwed(Given(Accepted(), ByHost(1), Ended(Refused)).Message));
        Assert.False(DecideReport.IsOwed(Given(Accepted(), ByHost(1), Ended(Refused), Queued(DsnAction.Failed)).Message));
    }

    [Fact]
    public void A_doubt_once_recorded_stays_known()
    {
        var doubt = new RecipientOutcome(1, OutcomeKind.InDoubt, Reason: "no answer", NextAttemptAt: Noon);
        Given(Accepted(), ByHost(1), Ended(doubt), ByHost(2), Ended(Deferred, attempt: 2)).When(Asked)
            .Then(report => Assert.True(Assert.Single(report!.Told).Recipient.MayHaveIt));
    }

    /// <summary>The first recipients fail one after the other; the first ten are told of, each by a notification of its own.</summary>
    private static IEnumerable<QueueEvent> OneByOne(int failures)
    {
        for (var number = 1; number <= failures; number++)
        {
            yield return ByHost(number, number);
            yield return Ended(Refused with { Recipient = number }, number);
            if (number <= DecideReport.AtOnce) yield return new DsnQueued(new QueueId(number), [number]);
        }
    }

    private static SenderReport? Asked(QueuedMessage message) => DecideReport.Of(message, Warning, TimeSpan.FromDays(3), Noon + Warning);

    private static void Told(SenderReport? report, DsnAction action)
    {
        Assert.Equal((1, action), Assert.Single(report!.Told.Select(one => (one.Recipient.Number, one.Action))));
        Assert.Empty(report.Untold);
    }

    private static AcceptedRecipient Bobby(Notify? notify) => new(1, Bob, notify);

    private static AcceptedRecipient[] Recipients(int count) => [.. Enumerable.Range(1, count).Select(number => new AcceptedRecipient(number, Bob))];

    private static AttemptStarted ByHost(int attempt, int recipient = 1) => new(attempt, [recipient], new AttemptRoute(Transport.Smtp, "mx.example.test:25"));

    private static AttemptStarted ToMailbox(int attempt) => new(attempt, [1], new AttemptRoute(Transport.Mailbox, "bob"));

    private static AttemptEnded Ended(RecipientOutcome outcome, int attempt = 1) => new(attempt, [outcome]);

    private static DsnQueued Queued(DsnAction action) => new(QueueId.Parse("ABCDEFGHJKMN"), [1], Action: action);
}

using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using static Postoffice.Testing.Cast;
using static Postoffice.Testing.QueueScene;

namespace Postoffice.Store.Tests.Queue;

public sealed class DecideTests
{
    private static readonly RetrySchedule Hourly = new([TimeSpan.FromHours(1)]);
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3);
    private static readonly AttemptRoute ToHost = new(Transport.Smtp, "mx.example.test:25");
    private static readonly Reply Later = Reply.Parse("451 4.3.0 Try later");
    private static readonly Reply Never = Reply.Parse("550 5.1.1 No such user");
    private static readonly AttemptStarted First = new(1, [1], ToHost);

    [Fact]
    public void A_waiting_recipient_may_be_tried() =>
        Given(Accepted()).When(message => Decide.Start(message, 1, [1], ToHost)).Then(First);

    [Fact]
    public void A_recipient_with_an_attempt_under_way_is_not_tried_again() =>
        Given(Accepted(), First).When(message => Decide.Start(message, 2, [1], ToHost)).ThenNothing();

    [Fact]
    public void A_settled_recipient_is_not_tried_again() =>
        Given(Accepted(), First, Ended(new(1, OutcomeKind.Delivered, Reply.Parse("250 ok"))))
            .When(message => Decide.Start(message, 2, [1], ToHost)).ThenNothing();

    [Fact]
    public void A_held_message_is_not_tried() =>
        Given(Accepted(), new MessageHeld("root", "to see")).When(message => Decide.Start(message, 1, [1], ToHost)).ThenNothing();

    [Fact]
    public void A_released_message_is_tried() =>
        Given(Accepted(), new MessageHeld("root", "to see"), new MessageReleased("root"))
            .When(message => Decide.Start(message, 1, [1], ToHost)).Then(First);

    [Theory]
    [InlineData(59, true)]
    [InlineData(60, false)]
    public void Only_who_would_wait_beyond_every_schedule_is_due_at_once(int minutes, bool isShortened)
    {
        var scene = Given(Accepted(), First, Ended(new(1, OutcomeKind.Deferred, Later, NextAttemptAt: Noon.AddHours(1))))
            .When(message => Decide.Shorten(message, latest: Noon.AddMinutes(minutes), now: Noon));
        if (isShortened) scene.Then(new WaitShortened([1], Noon));
        else scene.ThenNothing();
    }

    [Fact]
    public void An_attempts_number_is_used_once() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Given(Accepted(), First).When(message => Decide.Start(message, 1, [1], ToHost)));

    [Fact]
    public void A_transient_refusal_waits_by_the_schedule() =>
        Given(Accepted(), First)
            .When(message => End(message, new RecipientResult.Refused(1, Later), Noon))
            .Then(Ended(new(1, OutcomeKind.Deferred, Later, NextAttemptAt: Noon.AddHours(1))));

    [Fact]
    public void Who_tells_the_sender_of_a_delivery_is_kept_with_it() =>
        Given(Accepted(), First)
            .When(message => End(message, new RecipientResult.Delivered(1, Reply.Parse("250 ok"), DsnPassedOn: true), Noon))
            .Then(Ended(new(1, OutcomeKind.Delivered, Reply.Parse("250 ok"), DsnPassedOn: true)));

    [Fact]
    public void A_permanent_refusal_ends_the_recipient() =>
        Given(Accepted(), First)
            .When(message => End(message, new RecipientResult.Refused(1, Never), Noon))
            .Then(Ended(new(1, OutcomeKind.Refused, Never)));

    [Theory]
    [InlineData(1_000, "x", 1_000)]
    [InlineData(1_001, "x", 1_000)]
    [InlineData(64 * 1024, "x", 1_000)]
    [InlineData(1_001, "\U0001F600", 1_000)]
    [InlineData(1_002, "\U0001F600", 1_000)]
    public void Of_a_huge_reply_the_beginning_is_kept_and_the_cut_shows(int characters, string piece, int most)
    {
        var huge = string.Concat(Enumerable.Repeat(piece, characters / piece.Length)).PadLeft(characters, '.');
        Given(Accepted(), First)
            .When(message => End(message, new RecipientResult.Refused(1, new Reply(550, null, huge)), Noon))
            .Then(ended =>
            {
                var kept = Assert.Single(ended!.Outcomes).Reply!.Text;
                Assert.InRange(kept.Length, most - 1, most);
                Assert.StartsWith(kept.TrimEnd('…'), huge, StringComparison.Ordinal);
                Assert.Equal(characters > most, kept.EndsWith('…'));
                Assert.Equal(kept, Assert.Single(((AttemptEnded)EventJson.Read("attempt-ended.v1", EventJson.Write(ended))).Outcomes).Reply!.Text);
            });
    }

    [Fact]
    public void No_reason_is_kept_longer_than_a_reply()
    {
        var words = new string('x', 2_000);
        string?[] reasons =
        [
            new RecipientResult.Failed(1, new(5, 4, 4), words).Reason, new RecipientResult.Unreached(1, words).Reason,
            new RecipientResult.Interrupted(1, words).Reason, new RecipientResult.InDoubt(1, words).Reason,
            new TriedHop("mx.example.test", null, null, Reason: words).Reason,
        ];
        Assert.All(reasons, reason => Assert.Equal(Reply.MaxKeptCharacters, reason!.Length));
    }

    [Fact]
    public void What_a_taker_says_at_length_is_kept_short_as_well() =>
        Assert.Equal(Reply.MaxKeptCharacters, new RecipientResult.Delivered(1, new Reply(250, null, new string('x', 2_000))).Reply.Text.Length);

    [Fact]
    public void Nobody_reached_waits_with_our_reason() =>
        Given(Accepted(), First)
            .When(message => End(message, new RecipientResult.Unreached(1, "no route"), Noon))
            .Then(Ended(new(1, OutcomeKind.Deferred, Reason: "no route", NextAttemptAt: Noon.AddHours(1))));

    [Fact]
    public void What_we_interrupted_ourselves_is_due_at_once() =>
        Given(Accepted(), First)
            .When(message => End(message, new RecipientResult.Interrupted(1, "stopped"), Noon))
            .Then(Ended(new(1, OutcomeKind.Deferred, Reason: "stopped", NextAttemptAt: Noon)));

    [Fact]
    public void A_lost_reply_is_a_doubt_and_is_sent_again_later() =>
        Given(Accepted(), First)
            .When(message => End(message, new RecipientResult.InDoubt(1, "no answer"), Noon))
            .Then(Ended(new(1, OutcomeKind.InDoubt, Reason: "no answer", NextAttemptAt: Noon.AddHours(1))));

    [Fact]
    public void An_attempt_that_says_nothing_of_a_recipient_leaves_it_waiting() =>
        Given(Accepted(), First)
            .When(message => Decide.End(message, 1, new AttemptReport([]), ByTheHour, Lifetime, Noon, 0))
            .Then(ended => Assert.Equal(OutcomeKind.Deferred, Assert.Single(ended!.Outcomes).Result));

    [Fact]
    public void An_outcome_recorded_twice_is_recorded_once() =>
        Given(Accepted(), First, Ended(new(1, OutcomeKind.Delivered, Reply.Parse("250 ok"))))
            .When(message => End(message, new RecipientResult.Refused(1, Never), Noon)).ThenNothing();

    [Fact]
    public void The_last_attempt_is_made_when_the_lifetime_ends_not_later() =>
        Given(Accepted(), First)
            .When(message => End(message, new RecipientResult.Refused(1, Later), Noon + Lifetime - TimeSpan.FromMinutes(10)))
            .Then(ended => Assert.Equal(Noon + Lifetime, Assert.Single(ended!.Outcomes).NextAttemptAt));

    [Fact]
    public void A_recipient_that_waited_too_long_expires_with_the_last_words_heard() =>
        Given(Accepted(), First, Ended(new(1, OutcomeKind.Deferred, Later, NextAttemptAt: Noon)))
            .When(message => Decide.Expire(message, Lifetime, Noon + Lifetime)).Then(new RecipientExpired([1], Later.ToString()));

    [Fact]
    public void Before_its_time_nothing_expires() =>
        Given(Accepted()).When(message => Decide.Expire(message, Lifetime, Noon + Lifetime - TimeSpan.FromMilliseconds(1))).ThenNothing();

    [Fact]
    public void What_is_held_does_not_expire() =>
        Given(Accepted(), new MessageHeld("root", "to see")).When(message => Decide.Expire(message, Lifetime, Noon + Lifetime)).ThenNothing();

    private static RetrySchedule ByTheHour(QueuedRecipient recipient, RecipientResult? result) => Hourly;

    private static AttemptEnded? End(QueuedMessage message, RecipientResult result, DateTimeOffset now) =>
        Decide.End(message, 1, new AttemptReport([result]), ByTheHour, Lifetime, now, spread: 0);

    private static AttemptEnded Ended(RecipientOutcome outcome) => new(1, [outcome]);
}

using System.Collections.Immutable;
using System.Text.Json;
using CsCheck;
using Postoffice.Runner.Scheduling;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Projections;
using Postoffice.Store.Queries;
using Postoffice.Store.Queue;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Scheduling;

/// <summary>
/// Whatever is done to messages and in whatever order, after each step everything that is kept of them is what their facts tell: the fold in the
/// runner's memory, the rows it acts on, and those that people look at, however far these lag.
/// </summary>
public sealed class FoldTests
{
    private const int Round = 100;

    private static readonly RunnerOptions Options = new()
    {
        Retry = new(new RetrySchedule([TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15)])),
        Lifetime = TimeSpan.FromHours(2),
        DelayWarning = TimeSpan.FromMinutes(30),
    };

    private static readonly string[][] Recipients =
    [
        ["bob@example.test"],
        ["bob@example.test", "carol@remote.test"],
        ["a@remote.test", "b@remote.test", "c@else.test", "nobody@example.test"],
        ["a@nowhere.test"],
    ];

    private static readonly Gen<Step> Steps = Gen.Select(
        Gen.Frequency(
            (15, Gen.Const(Deed.Begin)), (15, Gen.Const(Deed.End)), (5, Gen.Const(Deed.Pass)), (25, Gen.Enum<Deed>()),
            (5, Gen.Const(Deed.TryAhead)), (5, Gen.Const(Deed.Shorten))), // of use only one behind the other
        Gen.Int[0, 3], Gen.Int[0, 9], (deed, message, dice) => new Step(deed, message, dice));

    public enum Deed
    {
        Accept,
        Begin,
        End,
        Hold,
        HoldUnseen, // the one append that does not look at the message
        Release,
        Cancel,
        Expire,
        Reroute,
        ExpireLate,
        Shorten,
        Tell,
        Forget,
        Pass,
        TryAhead, // on a clock that is set right behind it
        JumpAhead,
        JumpBack,
        Follow,
        Follow5,
    }

    [Fact]
    public async Task After_every_step_everything_kept_is_what_the_journal_tells()
    {
        var torture = new Torture();
        while (torture.GoesOn(usually: 1, most: 1_000)) await Steps.Array[1, 40].SampleAsync(RunAsync, iter: Round, threads: 1, print: Told);
        TestContext.Current.SendDiagnosticMessage($"{torture.Rounds * Round} stories");
    }

    private static string Told(Step[] steps) => string.Join(", ", steps.AsEnumerable());

    private static async Task RunAsync(Step[] steps)
    {
        await using var story = await Story.BeginAsync();
        foreach (var step in steps)
        {
            await story.GoOnAsync(step);
            await story.CheckAsync();
        }
        await story.FollowAsync();
    }

    /// <param name="Message">Which one, among those there are.</param>
    /// <param name="Dice">Whatever else is left to chance.</param>
    private sealed record Step(Deed Deed, int Message, int Dice)
    {
        public override string ToString() => $"{Deed} {Message} {Dice}";
    }

    private sealed class Story(RunnerRig rig) : IAsyncDisposable
    {
        private const string Unseen = "cannot be processed";
        private readonly List<MessageInFlight> flights = [];

        public static async Task<Story> BeginAsync()
        {
            var story = new Story(await RunnerRig.NewAsync(Options));
            await story.AcceptAsync(dice: 1);
            return story;
        }

        public Task GoOnAsync(Step step)
        {
            var (flight, dice, ct) = (flights[step.Message % flights.Count], step.Dice, CancellationToken.None);
            return step.Deed switch
            {
                Deed.Accept => AcceptAsync(dice),
                Deed.Begin => BeginAttemptAsync(flight, dice),
                Deed.End => EndAttemptAsync(flight, dice),
                Deed.TryAhead => TryAheadAsync(flight, dice),
                Deed.Hold => ActAsync(message => Operate.Hold(message, "root", "to see")),
                Deed.HoldUnseen => rig.Recorder.HoldAsync(flight, Unseen),
                Deed.Release => ActAsync(message => Operate.Release(message, "root", reason: null)),
                Deed.Cancel => ActAsync(message => Operate.Cancel(message, IsChosen, "eve", "spam")),
                Deed.Expire => ActAsync(message => Operate.Expire(message, IsChosen, "eve", reason: null)),
                Deed.Reroute => ActAsync(message => Operate.Reroute(message, dice < 7 ? NextHop.Parse("mx.example.net") : null, "root", "down")),
                Deed.ExpireLate => rig.Recorder.ExpireAsync(flight, rig.Clock.GetUtcNow(), ct),
                Deed.Shorten => rig.Recorder.ShortenAsync(flight, ct),
                Deed.Tell => rig.Recorder.TellAsync(flight, ct),
                Deed.Follow => FollowAsync(),
                Deed.Follow5 => rig.Store.Projections.CatchUpAsync(5, ct).AsTask(),
                _ => Pass(step.Deed, flight, dice),
            };

            bool IsChosen(QueuedRecipient recipient) => dice < 5 || recipient.Number == 1;
            Task ActAsync(Func<QueuedMessage, QueueEvent?> decide) => rig.Recorder.ActAsync(flight, decide, ct);
        }

        public async Task CheckAsync()
        {
            var journal = await rig.Store.Events.ReadAllAsync(0, int.MaxValue, CancellationToken.None);
            var streams = journal.Where(recorded => recorded.Stream.TryGetMessage(out _)).ToLookup(recorded => recorded.Stream);
            var messages = streams.Select(facts => QueuedMessage.Fold(facts.Key.TryGetMessage(out var id) ? id : default, facts)!);
            foreach (var kept in flights.Select(flight => flight.Message).OfType<QueuedMessage>())
            {
                var facts = streams[StreamId.Message(kept.Id)].ToLookup(recorded => recorded.Version <= kept.Version);
                Assert.All(facts[false], recorded => Assert.Equal(Unseen, (recorded.Fact as MessageHeld)?.Reason)); // the next append finds that out
                var told = QueuedMessage.Fold(kept.Id, facts[true])!;
                Assert.Equal(Plain(told), Plain(kept));
                Assert.Equal(told.OpenAttempts.Values, kept.OpenAttempts.Values);
                Assert.Equal(told.Recipients.Values.Select(Plain), kept.Recipients.Values.Select(Plain));
            }
            Assert.Equal(messages.SelectMany(Due).Order(), rig.Store.Due.Due(DateTimeOffset.MaxValue, null, int.MaxValue).Select(Text).Order());
            foreach (var name in rig.Store.Projections.Names)
            {
                var verified = rig.Store.Projections.Verify(name, progress: null, CancellationToken.None);
                Assert.True(verified.IsClean, $"{name}: {verified.NotVerified} {string.Join(' ', verified.Differences)}");
            }
        }

        /// <summary>Lists come from facts where rows lag, and from rows where they do not: both say the same.</summary>
        public async Task FollowAsync()
        {
            var before = Lists();
            await rig.Store.CatchUpAsync(CancellationToken.None);
            Assert.Equal(before, Lists());
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var flight in flights) flight.Dispose();
            await rig.DisposeAsync();
        }

        private async Task AcceptAsync(int dice) =>
            flights.Add(new MessageInFlight(await rig.AcceptAsync(Recipients[dice % Recipients.Length])));

        private async Task BeginAttemptAsync(MessageInFlight flight, int dice)
        {
            var message = (await rig.Recorder.LoadAsync(flight, CancellationToken.None))!;
            var waiting = message.Recipients.Values.Where(recipient => recipient.State is RecipientState.Pending).ToList();
            if (waiting.Count == 0) return;
            var parts = Part.Of(message, waiting, rig.Workings.Current.Router).ToList();
            var (part, attempt, ct) = (parts[dice % parts.Count], flight.NextAttempt(), CancellationToken.None);
            if (part.Said() is { } said) await rig.Recorder.RecordAsync(flight, attempt, part, said, ct);
            else await rig.Recorder.BeginAsync(flight, attempt, part, new AttemptRoute(Transport.Smtp, "mx.remote.test:25"), ct);
        }

        private async Task EndAttemptAsync(MessageInFlight flight, int dice)
        {
            var message = (await rig.Recorder.LoadAsync(flight, CancellationToken.None))!;
            if (message.OpenAttempts.IsEmpty) return;
            var attempt = message.OpenAttempts.Values.ElementAt(dice % message.OpenAttempts.Count);
            var results = attempt.Recipients.Select(number => Result(number, dice + number)).ToList();
            var report = new AttemptReport(results, "mx.remote.test", "192.0.2.9", Took: TimeSpan.FromSeconds(1));
            await rig.Recorder.EndAsync(flight, attempt.Attempt, report, CancellationToken.None);
        }

        private async Task TryAheadAsync(MessageInFlight flight, int dice)
        {
            rig.Clock.Jump += TimeSpan.FromDays(1);
            await BeginAttemptAsync(flight, dice);
            await EndAttemptAsync(flight, dice);
            rig.Clock.Jump -= TimeSpan.FromDays(1);
        }

        private Task Pass(Deed deed, MessageInFlight flight, int dice)
        {
            if (deed is Deed.Forget) flight.Forget();
            if (deed is Deed.Pass) rig.Clock.Advance(TimeSpan.FromMinutes(dice * 7));
            if (deed is Deed.JumpAhead) rig.Clock.Jump += TimeSpan.FromHours(dice);
            if (deed is Deed.JumpBack) rig.Clock.Jump -= TimeSpan.FromHours(dice);
            return Task.CompletedTask;
        }

        private string Lists() =>
            JsonSerializer.Serialize(new { Queue = rig.Store.Queue.All(), History = rig.Store.History.Search(new HistoryFilter()) });

        private static RecipientResult Result(int number, int dice) => (dice % 8) switch
        {
            0 => new RecipientResult.Refused(number, Reply.Parse("550 5.1.1 no such user")),
            1 or 2 => new RecipientResult.Refused(number, Reply.Parse("451 4.3.0 later")),
            3 => new RecipientResult.InDoubt(number, "no answer came"),
            4 => new RecipientResult.Unreached(number, "no route"),
            5 => new RecipientResult.Interrupted(number, "stopped in the middle"),
            _ => new RecipientResult.Delivered(number, FakeTransport.Ok, DsnPassedOn: dice % 2 == 0),
        };

        private static IEnumerable<string> Due(QueuedMessage message) => message.Recipients.Values
            .Where(recipient => recipient.State is RecipientState.Pending && message.Held is null)
            .Select(recipient => Text(new DueDelivery(
                message.Id, recipient.Number, recipient.DueAt, message.LeftItsDomain ? "" : recipient.Accepted.To.Mailbox.DomainPart)));

        private static string Text(DueDelivery due) => $"{due.Message} {due.Recipient} {due.DueAt.ToUnixTimeMilliseconds()} {due.Domain}";

        private static QueuedMessage Plain(QueuedMessage message) => message with
        {
            Recipients = ImmutableSortedDictionary<int, QueuedRecipient>.Empty,
            OpenAttempts = ImmutableSortedDictionary<int, AttemptStarted>.Empty,
        };

        /// <summary>Without positions: nobody knows them before the append.</summary>
        private static QueuedRecipient Plain(QueuedRecipient recipient) =>
            recipient with { LastBy = recipient.LastBy * 0, SettledBy = recipient.SettledBy * 0 };
    }
}

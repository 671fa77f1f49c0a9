using System.Net;
using CsCheck;
using Postoffice.Runner.Conversations;
using Postoffice.Runner.Pipelines;
using Postoffice.Runner.Routing;
using Postoffice.Runner.Tests.Peers;
using Postoffice.Runner.Transports;
using Postoffice.Runner.Transports.Sasl;
using Postoffice.Store.Configuration;
using Postoffice.Store.Control;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Scheduling;

/// <summary>
/// Whatever servers do at whichever command, whatever operators do meanwhile, and wherever the runner is cut off: every recipient ends exactly
/// once and as the servers know it, none is tried before its recorded instant unless somebody wished it, none outlives <c>qreturn=</c>, and
/// whoever is owed a notification gets one.
/// </summary>
public sealed class EveryPeerTests
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(2);
    private static readonly TimeSpan Grace = Lifetime / 10; // what a crowded or broken-off destination may add
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(7);
    private static readonly string[] Domains = ["a.test", "a.test", "b.test", "c.test", "c.test", "example.test", "nowhere.test"];
    private static readonly int[] Exchangers = [2, 1, 2]; // addresses of a.test, b.test, c.test
    private static readonly Notify?[] Wishes = [null, null, Notify.Never, Notify.Success | Notify.Failure, Notify.Failure, Notify.Delay];

    // Who takes mail without a word while the runner is cut off is what doubts are for, so both come more often than by chance.
    private static readonly Gen<Whim[]> Whims =
        Gen.Frequency((82, Gen.Const(Whim.Fine)), (5, Gen.Const(Whim.TakesAndFallsSilent)), (13, Gen.Enum<Whim>())).Array[50];

    private static readonly Gen<Letter> Letters =
        Gen.Select(One(Domains).Array[1, 4], One(Wishes), Gen.Int[0, 9], (to, notify, from) => new Letter(to, notify, from == 0));

    private static readonly Gen<(Deed Deed, int Letter)> Deeds =
        Gen.Select(Gen.Frequency((60, Gen.Const(Deed.None)), (10, Gen.Const(Deed.CutOff)), (30, Gen.Enum<Deed>())), Gen.Int[0, 5]);

    private static Gen<T> One<T>(T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    /// <summary>What somebody does to the runner or to a message.</summary>
    public enum Deed
    {
        None,
        CutOff,
        Run,
        Hold,
        Release,
        Cancel,
        Expire,
        CancelFirst,
        ExpireFirst,
        Reroute,
    }

    [Fact]
    public async Task Every_recipient_ends_once_as_the_servers_know_it_and_in_time() =>
        await Gen.Select(Whims.Array[Exchangers.Sum() + 1], Letters.Array[1, 6], Deeds.Array[20]).SampleAsync(
            async (whims, letters, deeds) =>
            {
                await using var story = await Story.BeginAsync(whims, letters);
                foreach (var (deed, letter) in deeds) await story.GoOnAsync(deed, letter % letters.Length);
                await story.EndAsync();
            },
            iter: 40, threads: 1, print: told => Told(told.Item1, told.Item2, told.Item3));

    private static string Told(Whim[][] whims, Letter[] letters, (Deed Deed, int Letter)[] deeds) => string.Join('\n',
    [
        .. whims.SkipLast(1).Select((host, i) => $"{FickleWorld.Address(i)}: {string.Join(' ', host)}"),
        $"mailboxes: {string.Join(' ', whims[^1])}",
        .. letters.Select((letter, i) => $"r{i}: {letter}"),
        string.Join(' ', deeds.Select(deed => deed.Deed is Deed.None ? "-" : $"{deed.Deed} r{deed.Letter % letters.Length}")),
    ]);

    /// <summary>A message of Alice, or of nobody, to one recipient in each of these domains.</summary>
    private sealed record Letter(string[] To, Notify? Notify, bool IsOfNobody)
    {
        public override string ToString() => $"of {(IsOfNobody ? "nobody" : "Alice")} to {string.Join(' ', To)}, NOTIFY {Notify}";
    }

    /// <summary>One store, the servers, and one runner after another.</summary>
    private sealed class Story : IAsyncDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1); // real time: says only when to call it a failure
        private readonly RunnerRig ground;
        private readonly FickleWorld world;
        private readonly FickleHost mailboxes;
        private readonly List<QueueId> ids = [];
        private readonly Dictionary<QueueId, DateTimeOffset> ageFrom = []; // from here on its time counts: it was accepted, or let go
        private readonly List<Wish> wishes = [];
        private RunnerRig runner;
        private DateTimeOffset begun;

        private Story(RunnerRig ground, Whim[][] whims)
        {
            this.ground = ground;
            world = new FickleWorld(ground.Clock, whims[..^1]);
            mailboxes = new FickleHost(world, whims[^1]);
            runner = Begin(ground.Lease);
        }

        public static async Task<Story> BeginAsync(Whim[][] whims, IReadOnlyList<Letter> letters)
        {
            var retry = new RetrySchedule([TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15)]);
            var options = new RunnerOptions { Retry = new(retry), Lifetime = Lifetime, DelayWarning = Lifetime / 4 };
            var story = new Story(await RunnerRig.NewAsync(options), whims);
            foreach (var letter in letters)
            {
                var recipients = StoredMail.Recipients([.. letter.To.Select((domain, i) => $"r{story.ids.Count}-{i + 1}@{domain}")]);
                var id = await story.ground.AcceptAsync(accepted => accepted with
                {
                    From = letter.IsOfNobody ? ReversePath.Null : accepted.From,
                    Recipients = recipients.Select(recipient => recipient with { Notify = letter.Notify }).ToValueList(),
                });
                story.ids.Add(id);
                story.ageFrom[id] = story.ground.Clock.GetUtcNow();
            }
            return story;
        }

        /// <summary>Does it, lets everything come to rest, looks at who should have ended, and lets time pass.</summary>
        public async Task GoOnAsync(Deed deed, int letter)
        {
            runner.Dispatcher.Ring();
            switch (deed)
            {
                case Deed.CutOff:
                    await CutOffAsync();
                    break;
                case Deed.Run:
                    wishes.Add(new Wish(ground.Clock.GetUtcNow(), IsNamed: false));
                    await AskAsync(new ControlRequest(ControlRequest.Run));
                    break;
                case Deed.Hold or Deed.Cancel or Deed.Expire:
                    await OrderAsync(deed.ToString(), letter);
                    break;
                case Deed.Release or Deed.Reroute:
                    ageFrom[ids[letter]] = ground.Clock.GetUtcNow();
                    wishes.Add(new Wish(ground.Clock.GetUtcNow(), IsNamed: true));
                    await OrderAsync(deed.ToString(), letter, to: deed is Deed.Reroute ? "c.test:25" : null);
                    break;
                case Deed.CancelFirst:
                    await OrderAsync(ControlRequest.Cancel, letter, recipient: "1");
                    break;
                case Deed.ExpireFirst:
                    await OrderAsync(ControlRequest.Expire, letter, recipient: "1");
                    break;
                default:
                    break;
            }
            await RestAsync();
            foreach (var id in ids) Assert.True(await IsInTimeAsync(id), $"{id} outlives qreturn=");
            ground.Clock.Advance(Step);
        }

        /// <summary>Lets go what is held, and time pass until the last has ended; then judges.</summary>
        public async Task EndAsync()
        {
            for (var letter = 0; letter < ids.Count; letter++) await GoOnAsync(Deed.Release, letter);
            for (var passed = TimeSpan.Zero; passed < Lifetime + Grace + Step; passed += Step) await GoOnAsync(Deed.None, 0);
            foreach (var id in ids) await JudgeAsync(id);
        }

        public async ValueTask DisposeAsync()
        {
            world.GoOn();
            await runner.DisposeAsync();
            await world.DisposeAsync();
            await ground.DisposeAsync();
        }

        private RunnerRig Begin(Store.Leases.Lease lease)
        {
            var rig = ground.Beside(lease);
            var workings = rig.Workings.Current;
            var phases = new PhasePipelines(workings.Options.Timeouts, ground.Clock);
            var hosts = new HostAddresses(OwnEndpoints.From(Settings.Empty), TimeProvider.System, (name, _) => Task.FromResult(Addresses(name)));
            var rules = SessionRules.From(Settings.Empty, CredentialsTable.Empty, ground.Clock);
            var sessions = new SmtpTransport(
                ground.Store.Content, new NextHops(hosts, exchangers: null!), world, rules, workings.Idle, phases, RunnerRig.Self, rig.Board,
                ground.Clock);
            rig.Workings.Current = workings with { Sessions = world.Watched(sessions) };
            rig.Mailboxes.Always(Written);
            rig.Start();
            begun = ground.Clock.GetUtcNow();
            return rig;
        }

        private RecipientResult Written(int recipient) => mailboxes.Next() switch
        {
            Whim.Later => new RecipientResult.Refused(recipient, Reply.Parse("451 4.2.1 later")),
            Whim.Never => new RecipientResult.Refused(recipient, Reply.Parse("550 5.2.1 never")),
            Whim.HangsUp => new RecipientResult.Interrupted(recipient, "the mailbox changed meanwhile"),
            Whim.TakesAndHangsUp => new RecipientResult.InDoubt(recipient, "the disk does not say"),
            _ => new RecipientResult.Delivered(recipient, FakeTransport.Ok),
        };

        private static IPAddress[] Addresses(string name)
        {
            var at = name[0] - 'a';
            return [.. Enumerable.Range(Exchangers[..at].Sum(), Exchangers[at]).Select(FickleWorld.Address)];
        }

        /// <summary>In the middle of sessions, if there are any that hang; another runner takes over.</summary>
        private async Task CutOffAsync()
        {
            var settled = SettledAsync();
            await Task.WhenAny(world.NextStall(), settled).WaitAsync(Patience);
            var (before, ct) = (runner, CancellationToken.None);
            await ground.Store.Leases.RenewAsync(before.Lease, TimeSpan.Zero, ct);
            var lease = await ground.Store.Leases.TryClaimAsync(0, "the next", TimeSpan.FromMinutes(1), ct);
            await before.DisposeAsync();
            await ((Task)settled).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // it may have been cut off as well
            world.GoOn();
            runner = Begin(lease!);
        }

        private Task OrderAsync(string word, int letter, string? recipient = null, string? to = null) =>
            AskAsync(new ControlRequest(word.ToLowerInvariant(), Order: new MessageOrder([$"{ids[letter]}"], Recipient: recipient, To: to)));

        private async Task AskAsync(ControlRequest request)
        {
            var acts = new ControlActs(runner.Dispatcher, runner.Recorder, new StoreAnswers(ground.Store), runner.Board, ground.Clock);
            var answers = await acts.AnswerAsync(request, ControlRights.OfOwner(0), CancellationToken.None).ToListAsync();
            Assert.NotEqual(75, answers[^1].End!.ExitCode);
        }

        private async Task RestAsync()
        {
            try
            {
                await SettledAsync().WaitAsync(Patience);
            }
            catch (TimeoutException)
            {
                Assert.Fail($"it does not come to rest: {world}");
            }
        }

        /// <summary>Waits until a look at the whole queue changes nothing any more: a wish that fits nobody is answered after one.</summary>
        private async Task SettledAsync()
        {
            for (var (before, after) = (-1L, 0L); before != after;)
            {
                before = await ground.Store.Events.LastPositionAsync(CancellationToken.None);
                await runner.Dispatcher.RunNowAsync((_, _) => false, CancellationToken.None);
                await runner.Dispatcher.DrainAsync();
                while (await runner.Late.StepAsync(CancellationToken.None)) { }
                after = await ground.Store.Events.LastPositionAsync(CancellationToken.None);
            }
        }

        /// <summary>Nothing is under way now, so who has not ended has time left, or is held.</summary>
        private async Task<bool> IsInTimeAsync(QueueId id)
        {
            var message = await ground.MessageAsync(id);
            var from = ageFrom[id] > begun - Lifetime ? ageFrom[id] : begun - Lifetime; // a new runner tries once more
            return message.IsFinished || message.Held is not null || ground.Clock.GetUtcNow() <= from + Lifetime + Grace;
        }

        private async Task JudgeAsync(QueueId id)
        {
            var facts = await ground.Store.Events.ReadAsync(StreamId.Message(id), 0, CancellationToken.None);
            var recipients = facts.Select(recorded => recorded.Fact).OfType<MessageAccepted>().Single().Recipients;
            var fates = recipients.ToDictionary(recipient => recipient.Number, recipient => new Fate());
            foreach (var recorded in facts)
            {
                switch (recorded.Fact)
                {
                    case AttemptStarted started:
                        foreach (var number in started.Recipients) fates[number].Begin(recorded.RecordedAt, wishes);
                        break;
                    case AttemptEnded attempt:
                        foreach (var outcome in attempt.Outcomes) fates[outcome.Recipient].End(outcome, recorded.RecordedAt);
                        break;
                    case RecipientExpired expired:
                        foreach (var number in expired.Recipients) fates[number].End("expired");
                        break;
                    case MessageCancelled cancelled:
                        foreach (var number in cancelled.Recipients) fates[number].End("cancelled");
                        break;
                    case DsnQueued { Dsn: not null } told:
                        foreach (var number in told.Recipients) fates[number].Told.Add(told.Action);
                        break;
                    default:
                        break;
                }
            }
            var from = facts.Select(recorded => recorded.Fact).OfType<MessageAccepted>().Single().From;
            foreach (var recipient in recipients) Judge(recipient, fates[recipient.Number], from);
        }

        private void Judge(AcceptedRecipient recipient, Fate fate, ReversePath from)
        {
            var address = recipient.To.Mailbox.ToString();
            Assert.True(fate.Ends.Count == 1, $"{address} ended {fate.Ends.Count} times: {string.Join(", ", fate.Ends)}");
            if (recipient.To.Mailbox.Domain!.Value is not ("example.test" or "nowhere.test"))
            {
                var taken = world.TakenFor(address);
                Assert.True(fate.Delivered <= taken, $"{address}: delivered, and no server has it");
                Assert.True(taken <= fate.Delivered + fate.InDoubt, $"{address} {fate.Ends[0]}: taken {taken} times, {fate.InDoubt} in doubt");
            }
            var failures = fate.Told.Count(action => action is DsnAction.Failed);
            var isFailure = fate.Ends[0] is "refused" or "expired" && Owes(recipient, Notify.Failure);
            Assert.True(failures == (isFailure ? 1 : 0), $"{address} {fate.Ends[0]}: {failures} notifications of a failure");
            var deliveries = fate.Told.Count(action => action is DsnAction.Delivered or DsnAction.Relayed);
            var isDelivery = fate.Ends[0] is "delivered" && !fate.IsPassedOn && !from.IsNull && Owes(recipient, Notify.Success);
            Assert.True(deliveries == (isDelivery ? 1 : 0), $"{address} {fate.Ends[0]}: {deliveries} notifications of a delivery");
        }

        private static bool Owes(AcceptedRecipient recipient, Notify what) => (recipient.Notify ?? (Notify.Failure | Notify.Delay)).HasFlag(what);
    }

    /// <summary>Somebody wants what waits to be tried.</summary>
    /// <param name="IsNamed">He named the message: then also after attempts that were under way.</param>
    private sealed record Wish(DateTimeOffset At, bool IsNamed);

    /// <summary>What the facts say of a recipient.</summary>
    private sealed class Fate
    {
        private DateTimeOffset due = DateTimeOffset.MinValue;
        private DateTimeOffset lastButOneBegin = DateTimeOffset.MinValue;
        private DateTimeOffset lastBegin = DateTimeOffset.MinValue;
        private DateTimeOffset lastEnd = DateTimeOffset.MinValue;

        public List<string> Ends { get; } = [];
        public List<DsnAction> Told { get; } = [];
        public int Delivered { get; private set; }
        public int InDoubt { get; private set; }

        /// <summary>Telling the sender of the delivery is the next hop's business.</summary>
        public bool IsPassedOn { get; private set; }

        public void Begin(DateTimeOffset at, IEnumerable<Wish> wishes)
        {
            Assert.Empty(Ends);
            var isWished = wishes.Any(wish => wish.At <= at && wish.At >= (wish.IsNamed ? lastButOneBegin : lastEnd));
            Assert.True(at >= due || isWished, $"begun at {at}, due at {due}");
            (lastButOneBegin, lastBegin) = (lastBegin, at);
        }

        public void End(RecipientOutcome outcome, DateTimeOffset at)
        {
            lastEnd = at;
            if (outcome.Result is OutcomeKind.Delivered) Delivered++;
            IsPassedOn = outcome.DsnPassedOn;
            if (outcome.Result is OutcomeKind.InDoubt) InDoubt++;
            if (outcome.NextAttemptAt is { } next) due = next;
            else if (outcome.Result is OutcomeKind.Delivered or OutcomeKind.Refused) End(outcome.Result.ToString().ToLowerInvariant());
        }

        public void End(string how) => Ends.Add(how);
    }
}

using CsCheck;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Bounces;

/// <summary>Whoever sends what to whom, and whatever fails: bounces end, and no failure is passed over in silence.</summary>
public sealed class BounceChainTests
{
    private const int Longest = 3; // the message, the bounce to its sender, that one's to postmaster

    private static readonly string[] Senders = ["", "alice@example.net", "nobody@example.test", "carol@remote.test", "postmaster@remote.test", "postmaster@mx.example.test"];
    private static readonly string[] Recipients = ["bob@example.test", "nobody@example.test", "carol@remote.test", "postmaster@mx.example.test", "postmaster@remote.test"];

    [Fact]
    public async Task Bounces_end_at_postmaster_and_each_failure_is_told_or_said_why_not() =>
        await Gen.Select(Gen.Int[0, Senders.Length - 1], Gen.Int[1, 31], Gen.Bool.Array[40]).SampleAsync(async (sender, chosen, fails) =>
        {
            await using var rig = await RunnerRig.NewAsync();
            var next = -1;
            RecipientResult Dice(int number) => fails[Interlocked.Increment(ref next) % fails.Length]
                ? new RecipientResult.Refused(number, Reply.Parse("550 5.0.0 no"))
                : new RecipientResult.Delivered(number, FakeTransport.Ok);
            rig.Mailboxes.Always(Dice);
            rig.Sessions.Always(Dice);
            await rig.AcceptAsync(accepted => accepted with
            {
                From = ReversePath.Parse(Senders[sender]),
                Recipients = Chosen(chosen),
            });
            rig.Start();
            do
            {
                await rig.Dispatcher.RunNowAsync((_, _) => false, CancellationToken.None);
                await rig.Dispatcher.DrainAsync();
            }
            while (rig.Store.Due.Due(rig.Clock.GetUtcNow(), null, 1).Count > 0);

            await JudgeAsync(rig);
        }, iter: 30, threads: 1);

    private static ValueList<AcceptedRecipient> Chosen(int chosen) =>
        StoredMail.Recipients([.. Recipients.Where((_, index) => (chosen & (1 << index)) != 0)]);

    private static async Task JudgeAsync(RunnerRig rig)
    {
        var depths = new Dictionary<StreamId, int>();
        var streams = new Dictionary<long, StreamId>();
        var failed = new List<(StreamId Message, int Recipient)>();
        var told = new List<(StreamId Message, int Recipient)>();
        foreach (var recorded in await rig.Store.Events.ReadAllAsync(0, 10_000, CancellationToken.None))
        {
            streams[recorded.Position] = recorded.Stream;
            switch (recorded.Fact)
            {
                case MessageAccepted:
                    depths[recorded.Stream] = recorded.CausedBy is { } cause ? depths[streams[cause]] + 1 : 1;
                    break;
                case AttemptEnded ended:
                    failed.AddRange(ended.Outcomes.Where(outcome => outcome.Result is OutcomeKind.Refused).Select(outcome => (recorded.Stream, outcome.Recipient)));
                    break;
                case DsnQueued queued:
                    Assert.Equal(queued.Dsn is null, queued.Reason is not null);
                    told.AddRange(queued.Recipients.Select(number => (recorded.Stream, number)));
                    break;
                default:
                    break;
            }
        }
        Assert.InRange(depths.Values.Max(), 1, Longest);
        Assert.Equal(failed.OrderBy(one => one.Message.Name).ThenBy(one => one.Recipient), told.OrderBy(one => one.Message.Name).ThenBy(one => one.Recipient));
    }
}

using CsCheck;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Tests.Scheduling;

/// <summary>Whatever comes back in whatever order, every recipient ends exactly once, none is tried before its recorded instant, and none outlives qreturn=.</summary>
public sealed class EveryOrderTests
{
    private static readonly Reply Later = Reply.Parse("451 4.3.0 Try later");
    private static readonly Reply Never = Reply.Parse("550 5.1.1 No such user");

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(6);

    private static readonly Gen<int[]> Results = Gen.Int[0, 4].Array[60];

    [Fact]
    public async Task Every_recipient_ends_exactly_once_and_never_early() =>
        await Gen.Select(Results, Gen.Int[1, 6]).SampleAsync(async (results, messages) =>
        {
            await using var rig = await RunnerRig.StartAsync(new RunnerOptions { Retry = new(new RetrySchedule([TimeSpan.FromMinutes(5)])), Lifetime = Lifetime });
            var next = -1;
            RecipientResult Dice(int number) => results[Interlocked.Increment(ref next) % results.Length] switch
            {
                0 => new RecipientResult.Delivered(number, FakeTransport.Ok),
                1 => new RecipientResult.Refused(number, Later),
                2 => new RecipientResult.Refused(number, Never),
                3 => new RecipientResult.Unreached(number, "no answer"),
                _ => new RecipientResult.InDoubt(number, "all was sent"),
            };
            rig.Mailboxes.Always(Dice);
            rig.Sessions.Always(Dice);
            var ids = new List<QueueId>();
            for (var i = 0; i < messages; i++) ids.Add(await rig.AcceptAsync("bob@example.test", "carol@remote.test", "dave@remote.test", "eve@nowhere.test"));

            for (var passed = TimeSpan.Zero; passed < 1.5 * Lifetime; passed += Step)
            {
                await SettledAsync(rig);
                while (await rig.Late.StepAsync(CancellationToken.None)) { }
                rig.Clock.Advance(Step);
            }
            await SettledAsync(rig);

            foreach (var id in ids) await JudgeAsync(rig, id);
        }, iter: 8, threads: 1);

    /// <summary>Waits until everything due has been tried: a wish that fits nobody is answered after a look at the whole queue.</summary>
    private static async Task SettledAsync(RunnerRig rig)
    {
        do
        {
            await rig.Dispatcher.RunNowAsync((_, _) => false, CancellationToken.None);
            await rig.Dispatcher.DrainAsync();
        }
        while (rig.Store.Due.Due(rig.Clock.GetUtcNow(), null, 1).Count > 0);
    }

    private static async Task JudgeAsync(RunnerRig rig, QueueId id)
    {
        var facts = await rig.Store.Events.ReadAsync(StreamId.Message(id), 0, CancellationToken.None);
        var due = new Dictionary<int, DateTimeOffset>();
        var ended = new List<int>();
        var latest = facts[0].RecordedAt + Lifetime + Step;
        foreach (var recorded in facts)
        {
            switch (recorded.Fact)
            {
                case AttemptStarted started:
                    Assert.All(started.Recipients, number => Assert.True(due.GetValueOrDefault(number) <= recorded.RecordedAt));
                    Assert.All(started.Recipients, number => Assert.DoesNotContain(number, ended));
                    break;
                case AttemptEnded attempt:
                    foreach (var outcome in attempt.Outcomes)
                    {
                        if (outcome.NextAttemptAt is { } next) due[outcome.Recipient] = next;
                        else ended.Add(outcome.Recipient);
                        Assert.True(recorded.RecordedAt <= latest);
                    }
                    break;
                case RecipientExpired expired:
                    ended.AddRange(expired.Recipients);
                    Assert.True(recorded.RecordedAt <= latest);
                    break;
                default:
                    break;
            }
        }
        Assert.Equal([1, 2, 3, 4], ended.Order());
    }
}

using Postoffice.Runner.Scheduling;
using Postoffice.Store.Events;
using Postoffice.Store.Queue;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Scheduling;

/// <summary>One destination in ten is dead, one in ten is slow: the others must not notice.</summary>
public sealed class SickDestinationsTests
{
    private const int Destinations = 200;
    private const int MailsEach = 50;

    [Fact]
    public async Task Healthy_destinations_have_all_their_mail_before_the_first_sick_one_has_answered()
    {
        await using var rig = await RunnerRig.NewAsync();
        rig.Sessions.Answer = async (attempt, ct) =>
        {
            var name = attempt.Route.Destination!.Name;
            if (name[0] == 'h') return attempt.All(number => new RecipientResult.Delivered(number, FakeTransport.Ok));
            await Task.Delay(TimeSpan.FromSeconds(30), rig.Clock, ct); // and this clock stands still
            return attempt.All(number => name[0] == 'd'
                ? new RecipientResult.Unreached(number, "no connection in time")
                : new RecipientResult.Delivered(number, FakeTransport.Ok));
        };
        for (var mail = 0; mail < MailsEach; mail++) // each round a commit or two
        {
            await Task.WhenAll(Enumerable.Range(0, Destinations).Select(host => rig.Store.AcceptAsync(default, null, $"user@{Name(host)}")));
        }

        rig.Start();
        rig.Dispatcher.Ring();
        const int Healthy = MailsEach * Destinations * 8 / 10;
        for (var delivered = 0; delivered < Healthy;)
        {
            delivered += (await rig.Journal.NextAsync<AttemptEnded>()).Outcomes.Count(outcome => outcome.Result is OutcomeKind.Delivered);
        }

        Assert.Equal(Cast.Noon, rig.Clock.GetUtcNow());
        Assert.All(rig.Sessions.Began.GroupBy(began => began.Message), attempts => Assert.Single(attempts));
        Assert.InRange(rig.Dispatcher.InFlight, 1, new RunnerOptions().MessagesInFlight / 2);
    }

    private static string Name(int host) => (host % 10) switch
    {
        0 => $"dead{host}.test",
        1 => $"slow{host}.test",
        _ => $"healthy{host}.test",
    };
}

using Microsoft.Extensions.Logging.Abstractions;
using Postoffice.Runner.Scheduling;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Scheduling;

public sealed class SweepRoundsTests : IDisposable
{
    private readonly JumpyClock clock = new(Cast.Noon);
    private readonly TempStore temp;
    private readonly List<(string User, string Keep)> swept = [];
    private readonly SweepRounds rounds;
    private readonly CancellationToken ct = TestContext.Current.CancellationToken;
    private bool hasRecovered = true;

    public SweepRoundsTests()
    {
        temp = new TempStore(clock);
        rounds = new SweepRounds(temp.Store, SweepAsync, () => hasRecovered, clock, NullLogger.Instance);
    }

    public void Dispose() => temp.Dispose();

    [Fact]
    public async Task A_mailbox_is_swept_once_a_day_however_often_it_gets_mail()
    {
        await StepAsync("bob", "carol", "bob");
        Assert.Equal(["bob", "carol"], swept.Select(sweep => sweep.User).Order());

        clock.Advance(TimeSpan.FromHours(23));
        await StepAsync("bob");
        Assert.Equal(2, swept.Count);

        clock.Advance(TimeSpan.FromHours(1));
        await StepAsync();
        Assert.Equal(4, swept.Count);
    }

    [Fact]
    public async Task Files_whose_intents_are_open_are_kept_also_those_of_held_messages()
    {
        await OpenAsync("1.ABCDEFGHJKMN-1-1.host", isHeld: false);
        await OpenAsync("2.ABCDEFGHJKMN-1-1.host", isHeld: true);

        await StepAsync("bob");

        Assert.Equal("1.ABCDEFGHJKMN-1-1.host 2.ABCDEFGHJKMN-1-1.host", Assert.Single(swept).Keep);
    }

    [Fact]
    public async Task Nothing_is_swept_before_the_attempts_of_an_earlier_runner_were_looked_at()
    {
        hasRecovered = false;
        await StepAsync("bob");
        Assert.Empty(swept);

        hasRecovered = true;
        await StepAsync();
        Assert.Single(swept);
    }

    [Fact]
    public async Task Open_attempts_to_next_hops_keep_no_mailbox_from_being_swept()
    {
        for (var i = 0; i <= 250; i++)
        {
            var id = await temp.Store.AcceptAsync(ct, null, ["bob@remote.example"]);
            var started = new AttemptStarted(1, [1], new AttemptRoute(Transport.Smtp, "mx.remote.example:25"));
            await temp.Store.Events.AppendAsync(new Append(StreamId.Message(id), ExpectedVersion.Any, started), ct);
        }

        await StepAsync("bob");

        Assert.Equal("", Assert.Single(swept).Keep);
    }

    [Fact]
    public async Task With_more_open_intents_than_can_be_named_nothing_is_swept_for_now()
    {
        for (var i = 0; i <= 250; i++) await OpenAsync("1.ABCDEFGHJKMN-1-1.host", isHeld: false);

        await StepAsync("bob");

        Assert.Empty(swept);
    }

    private async Task StepAsync(params string[] users)
    {
        foreach (var user in users) rounds.Remember(user);
        for (var i = 0; i < 4; i++) await rounds.StepAsync(ct);
    }

    private async Task OpenAsync(string name, bool isHeld)
    {
        var id = await temp.Store.AcceptAsync(ct, null, ["bob@example.test"]);
        var intent = new MailboxIntent("maildir", Name: name, Device: "1:2", Inode: 3);
        QueueEvent started = new AttemptStarted(1, [1], new AttemptRoute(Transport.Mailbox, "bob", intent));
        await temp.Store.Events.AppendAsync(new Append(StreamId.Message(id), ExpectedVersion.Any, started), ct);
        if (!isHeld) return;
        await temp.Store.Events.AppendAsync(new Append(StreamId.Message(id), ExpectedVersion.Any, new MessageHeld("root", "to be looked at")), ct);
    }

    private Task<int?> SweepAsync(string user, IReadOnlyCollection<string> keep, CancellationToken token)
    {
        swept.Add((user, string.Join(' ', keep.Order())));
        return Task.FromResult<int?>(0);
    }
}

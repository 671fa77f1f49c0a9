using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Tests.Scheduling;

/// <summary>What a runner finds that an earlier one left in the middle.</summary>
public sealed class RecoveryTests
{
    private static readonly MailboxIntent Intent = new("maildir", "1.ABCDEFGHJKMN-1-1.host");

    [Fact]
    public async Task A_mailbox_that_has_it_settles_the_attempt()
    {
        await using var rig = await RunnerRig.NewAsync();
        var id = await CutOffAsync(rig, new AttemptRoute(Transport.Mailbox, "bob", Intent));
        rig.Start();

        Assert.True((await rig.Journal.NextAsync<AttemptEnded>()).Recovered);

        Assert.Equal(RecipientState.Delivered, (await rig.MessageAsync(id)).Recipients[1].State);
        Assert.Empty(rig.Mailboxes.Began);
    }

    [Fact]
    public async Task A_mailbox_that_does_not_have_it_gets_it_now()
    {
        await using var rig = await RunnerRig.NewAsync();
        rig.Mailboxes.Memory = number => new RecipientResult.Interrupted(number, "not there");
        var id = await CutOffAsync(rig, new AttemptRoute(Transport.Mailbox, "bob", Intent));
        rig.Start();
        await rig.Journal.NextAsync<AttemptEnded>();
        rig.Pass(TimeSpan.FromSeconds(1));
        await rig.Journal.NextAsync<AttemptEnded>();

        Assert.Equal(RecipientState.Delivered, (await rig.MessageAsync(id)).Recipients[1].State);
        Assert.Single(rig.Mailboxes.Began);
    }

    [Fact]
    public async Task A_mailbox_that_cannot_say_is_asked_again_later()
    {
        await using var rig = await RunnerRig.NewAsync();
        rig.Mailboxes.Memory = _ => null;
        var id = await CutOffAsync(rig, new AttemptRoute(Transport.Mailbox, "bob", Intent));
        rig.Start();
        await rig.AcceptAsync("carol@example.test");
        await rig.Journal.NextAsync<AttemptEnded>();
        Assert.Equal(RecipientState.Trying, (await rig.MessageAsync(id)).Recipients[1].State);

        rig.Mailboxes.Memory = number => new RecipientResult.Delivered(number, FakeTransport.Ok);
        rig.Pass(TimeSpan.FromSeconds(31));

        Assert.True((await rig.Journal.NextAsync<AttemptEnded>()).Recovered);
    }

    [Fact]
    public async Task A_mailbox_that_cannot_say_for_as_long_as_mail_may_wait_leaves_a_doubt_and_the_sender_is_told()
    {
        await using var rig = await RunnerRig.NewAsync();
        rig.Mailboxes.Memory = _ => null;
        var id = await CutOffAsync(rig, new AttemptRoute(Transport.Mailbox, "bob", Intent));
        rig.Start();
        await rig.AcceptAsync("carol@example.test");
        await rig.Journal.NextAsync<AttemptEnded>();
        Assert.Equal(RecipientState.Trying, (await rig.MessageAsync(id)).Recipients[1].State);

        rig.Pass(new RunnerOptions().Lifetime);

        Assert.Equal(OutcomeKind.InDoubt, Assert.Single((await rig.Journal.NextAsync<AttemptEnded>()).Outcomes).Result);
        Assert.NotNull((await rig.Journal.NextAsync<DsnQueued>()).Dsn);
        Assert.Equal(RecipientState.Expired, (await rig.MessageAsync(id)).Recipients[1].State);
    }

    [Fact]
    public async Task A_next_hop_leaves_us_in_doubt_and_is_tried_again_later()
    {
        await using var rig = await RunnerRig.NewAsync();
        var id = await CutOffAsync(rig, new AttemptRoute(Transport.Smtp, "remote.test:25"));
        rig.Start();

        var outcome = Assert.Single((await rig.Journal.NextAsync<AttemptEnded>()).Outcomes);

        Assert.Equal(OutcomeKind.InDoubt, outcome.Result);
        Assert.True(outcome.NextAttemptAt > rig.Clock.GetUtcNow());
        Assert.Null((await rig.MessageAsync(id)).Held);
    }

    [Fact]
    public async Task With_in_doubt_hold_an_operator_decides()
    {
        await using var rig = await RunnerRig.NewAsync(new RunnerOptions { InDoubt = InDoubtPolicy.Hold });
        var id = await CutOffAsync(rig, new AttemptRoute(Transport.Smtp, "remote.test:25"));
        rig.Start();

        await rig.Journal.NextAsync<MessageHeld>();

        Assert.NotNull((await rig.MessageAsync(id)).Held);
    }

    [Fact]
    public async Task A_cut_off_message_that_cannot_be_read_is_held_once_and_not_again_at_each_look()
    {
        await using var rig = await RunnerRig.NewAsync();
        var id = await CutOffAsync(rig, new AttemptRoute(Transport.Mailbox, "bob", Intent));
        await rig.SpoilAsync(id, version: 3);
        rig.Start();
        await rig.Journal.NextAsync<MessageHeld>();

        for (var look = 0; look < 3; look++)
        {
            await rig.Dispatcher.DrainAsync();
            rig.Clock.Advance(TimeSpan.FromSeconds(31));
            await rig.AcceptAsync("carol@example.test");
            await rig.Journal.NextAsync<AttemptEnded>();
        }

        Assert.Equal(1, await rig.CountAsync(id, "message-held.v1"));
    }

    [Fact]
    public async Task A_message_that_was_held_while_it_was_cut_off_is_still_settled()
    {
        await using var rig = await RunnerRig.NewAsync();
        var id = await CutOffAsync(rig, new AttemptRoute(Transport.Mailbox, "bob", Intent));
        await rig.Store.Events.AppendAsync(new Append(StreamId.Message(id), ExpectedVersion.At(2), new MessageHeld("root", "to see")), default);
        rig.Start();

        Assert.True((await rig.Journal.NextAsync<AttemptEnded>()).Recovered);
    }

    private static async Task<QueueId> CutOffAsync(RunnerRig rig, AttemptRoute route)
    {
        var id = await rig.AcceptAsync();
        await rig.Store.Events.AppendAsync(new Append(StreamId.Message(id), ExpectedVersion.At(1), new AttemptStarted(1, [1], route)), default);
        return id;
    }
}

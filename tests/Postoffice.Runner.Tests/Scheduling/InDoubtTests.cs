using MimeKit;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Tests.Scheduling;

/// <summary>A next hop that took everything and answered nothing (RFC 1047), to the end.</summary>
public sealed class InDoubtTests
{
    private static readonly Func<int, RecipientResult> NoAnswer = number => new RecipientResult.InDoubt(number, "all was sent and no answer came");

    [Fact]
    public async Task With_retry_it_is_sent_again_and_a_delivery_settles_it()
    {
        await using var rig = await RunnerRig.NewAsync();
        rig.Sessions.Always(NoAnswer);
        var id = await rig.AcceptAsync("carol@remote.test");
        rig.Start();
        await rig.Journal.NextAsync<AttemptEnded>();
        rig.Sessions.Always(number => new RecipientResult.Delivered(number, FakeTransport.Ok));
        rig.Pass(TimeSpan.FromHours(1));
        await rig.Journal.NextAsync<AttemptEnded>();

        Assert.Equal(RecipientState.Delivered, (await rig.MessageAsync(id)).Recipients[1].State);
        Assert.Equal(2, rig.Sessions.Began.Count);
        Assert.Equal(0, await rig.CountAsync(id, "dsn-queued.v1"));
    }

    [Fact]
    public async Task With_hold_it_is_not_sent_again_until_it_is_released()
    {
        await using var rig = await RunnerRig.NewAsync(new RunnerOptions { InDoubt = InDoubtPolicy.Hold });
        rig.Sessions.Always(NoAnswer);
        var id = await rig.AcceptAsync("carol@remote.test");
        rig.Start();
        await rig.Journal.NextAsync<MessageHeld>();
        rig.Sessions.Always(number => new RecipientResult.Delivered(number, FakeTransport.Ok));
        rig.Pass(TimeSpan.FromDays(4));
        await rig.AcceptAsync("dave@remote.test");
        await rig.Journal.NextAsync<AttemptEnded>();
        Assert.Equal(1, rig.Sessions.Began.Count(began => began.Message == id));

        var version = (await rig.MessageAsync(id)).Version;
        await rig.Store.Events.AppendAsync(new Append(StreamId.Message(id), ExpectedVersion.At(version), new MessageReleased("root")), default);
        rig.Pass(TimeSpan.FromMinutes(1));
        await rig.Journal.NextAsync<AttemptEnded>();

        Assert.Equal(RecipientState.Delivered, (await rig.MessageAsync(id)).Recipients[1].State);
    }

    [Theory]
    [InlineData("550 5.1.1 no such user", false)]
    [InlineData("451 4.3.0 later", true)]
    public async Task A_failure_after_a_doubt_says_that_it_may_have_been_delivered(string last, bool isExpiry)
    {
        await using var rig = await RunnerRig.NewAsync(new RunnerOptions { DelayWarning = TimeSpan.Zero });
        rig.Sessions.Always(NoAnswer);
        await rig.AcceptAsync("carol@remote.test");
        rig.Start();
        await rig.Journal.NextAsync<AttemptEnded>();
        rig.Sessions.Always(number => new RecipientResult.Refused(number, Reply.Parse(last)));
        rig.Pass(isExpiry ? new RunnerOptions().Lifetime : TimeSpan.FromHours(1));

        var (_, dsn) = await rig.NextDsnAsync();

        var text = ((TextPart)Assert.IsType<MultipartReport>(dsn.Body)[0]).Text;
        Assert.Contains("may have been delivered", text);
        Assert.Contains(last, text);
    }
}

using Postoffice.Store.Control;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Testing;
using static Postoffice.Testing.QueueScene;

namespace Postoffice.Store.Tests.Control;

public sealed class RunFilterTests
{
    [Theory]
    [InlineData(null, null, null, true)]
    [InlineData("example.test", null, null, true)]
    [InlineData("Bob@", null, null, true)]
    [InlineData("mx7.remote", null, null, true)] // the host it was last tried at
    [InlineData("relay.example", null, null, true)] // the host it is rerouted to
    [InlineData("carol", null, null, false)]
    [InlineData(null, "alice", null, true)]
    [InlineData(null, "example.test", null, false)]
    [InlineData(null, "<>", null, false)]
    [InlineData(null, null, "456789ab", true)]
    [InlineData(null, null, "ZZZ", false)]
    [InlineData("example.test", "alice", "0123456789AB", true)]
    [InlineData("example.test", "alice", "ZZZ", false)]
    public void A_recipient_fits_when_everything_asked_for_is_part_of_it(string? destination, string? sender, string? id, bool fits)
    {
        var message = Given(
            Accepted(),
            new AttemptStarted(1, [1], new AttemptRoute(Transport.Smtp, "remote.test")),
            new AttemptEnded(1, [new RecipientOutcome(1, OutcomeKind.Deferred, NextAttemptAt: Cast.Noon)], "mx7.remote.test"),
            new MessageRerouted("root", NextHop.Parse("relay.example.net"))).Message;
        Assert.Equal(fits, new RunFilter(destination, sender, id).Fits(message, message.Recipients[1]));
    }

    [Fact]
    public void The_null_reverse_path_can_be_asked_for()
    {
        var message = Given(Accepted() with { From = ReversePath.Null }).Message;
        Assert.True(new RunFilter(Sender: "<>").Fits(message, message.Recipients[1]));
    }
}

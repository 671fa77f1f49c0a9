using Postoffice.Runner.Scheduling;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Projections;

namespace Postoffice.Runner.Tests.Scheduling;

public sealed class BacklogTests
{
    private static readonly Destination Host = new(Transport.Smtp, "mx.remote.test:25");
    private static readonly QueueId Id = QueueId.Parse("0123456789AB");
    private static readonly DueDelivery Row = new(Id, 1, DateTimeOffset.UnixEpoch, "a.test");
    private readonly Backlog backlog = new();

    [Fact]
    public void Domains_and_what_is_kept_by_name_take_turns()
    {
        backlog.Add(Host, "a.test", again: true);
        backlog.Add(Host, new NamedMessage(Id, 1, Wish: null));
        backlog.Add(Host, "b.test", again: true);

        Assert.Equal(["a.test", null, "b.test", "a.test"], Enumerable.Range(0, 4).Select(_ =>
        {
            Assert.True(backlog.TryNext(Host, out Turn turn));
            backlog.GoOn(Host, turn);
            return turn.Domain;
        }));
    }

    [Fact]
    public void A_domain_goes_on_behind_what_found_a_place()
    {
        backlog.Add(Host, "a.test", again: true);
        backlog.GoOn(Host, new Turn("a.test", Row));
        backlog.Add(Host, "a.test", again: false);

        Assert.True(backlog.TryNext(Host, out Turn turn));
        Assert.Equal(Row, turn.After);
    }

    [Fact]
    public void Mail_that_came_back_while_its_domain_was_gone_through_is_looked_at_again()
    {
        backlog.Add(Host, "a.test", again: true);
        Assert.True(backlog.TryNext(Host, out Turn turn));
        backlog.Add(Host, "a.test", again: true);
        backlog.GoOn(Host, turn with { After = Row });

        Assert.True(backlog.TryNext(Host, out turn));
        Assert.Null(turn.After);

        backlog.Add(Host, "a.test", again: true);
        backlog.Done(Host, turn);
        Assert.True(backlog.Contains(Host));
        Assert.True(backlog.TryNext(Host, out turn));
        backlog.Done(Host, turn);
        Assert.False(backlog.Contains(Host));
    }

    [Fact]
    public void A_message_is_kept_by_name_once()
    {
        Assert.True(backlog.Add(Host, new NamedMessage(Id, 1, Wish: null)));
        Assert.False(backlog.Add(Host, new NamedMessage(Id, 1, Wish: null)));
        Assert.True(backlog.Contains(Id, 1));

        Assert.True(backlog.TryNext(Host, out NamedMessage next));
        Assert.Equal(Id, next.Id);
        Assert.False(backlog.Contains(Id, 1));
        Assert.True(backlog.Add(Host, next));
    }

    [Fact]
    public void Only_wishes_are_forgone()
    {
        var wish = new RunNow((_, _) => true, DateTimeOffset.UnixEpoch);
        backlog.Add(Host, new NamedMessage(Id, 1, wish));
        backlog.Add(Host, new NamedMessage(Id, 2, Wish: null));

        Assert.Equal([wish], backlog.Forgo(Host));

        Assert.True(backlog.TryNext(Host, out NamedMessage next));
        Assert.Equal(2, next.Recipient);
        Assert.False(backlog.TryNext(Host, out next));
    }

    [Fact]
    public void After_the_end_nothing_is_kept()
    {
        Assert.Empty(backlog.Close());
        Assert.False(backlog.Add(Host, new NamedMessage(Id, 1, Wish: null)));
    }
}

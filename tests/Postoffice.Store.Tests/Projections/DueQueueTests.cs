using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Projections;

public sealed class DueQueueTests : IDisposable
{
    private readonly TempStore temp = new();
    private readonly CancellationToken ct = TestContext.Current.CancellationToken;

    public void Dispose() => temp.Dispose();

    [Fact]
    public async Task One_domains_recipients_come_page_by_page_in_the_order_of_their_instants()
    {
        for (var i = 0; i < 5; i++) await temp.Store.AcceptAsync(ct, null, $"a{i}@one.test", $"b{i}@two.test");

        var first = temp.Store.Due.DueOf("one.test", DateTimeOffset.MaxValue, null, 3);
        var rest = temp.Store.Due.DueOf("one.test", DateTimeOffset.MaxValue, first[^1], 3);

        Assert.Equal(5, first.Concat(rest).Select(row => row.Message).Distinct().Count());
        Assert.All(first.Concat(rest), row => Assert.Equal(("one.test", 1), (row.Domain, row.Recipient)));
        Assert.Equal(first.Concat(rest).OrderBy(row => (row.DueAt, row.Message)), first.Concat(rest));
    }

    [Fact]
    public async Task Domains_are_those_with_mail_that_is_due()
    {
        var now = TimeProvider.System.GetUtcNow();
        await temp.Store.AcceptAsync(ct, null, "a@c.test", "b@a.test", "c@c.test", "d@b.test", "root");
        var later = await temp.Store.AcceptAsync(ct, null, "a@later.test");
        await temp.Store.AttemptAsync(later, OutcomeKind.Deferred, ct, now.AddDays(1));
        var held = await temp.Store.AcceptAsync(ct, null, "a@held.test");
        await temp.Store.Events.AppendAsync(new Append(StreamId.Message(held), ExpectedVersion.Any, new MessageHeld("root", "a test")), ct);

        Assert.Equal(["a.test", "b.test"], temp.Store.Due.DueDomains(now.AddHours(1), "", 2));
        Assert.Equal(["c.test"], temp.Store.Due.DueDomains(now.AddHours(1), "b.test", 2));
        Assert.Single(temp.Store.Due.DueOf("", now.AddHours(1), null, 2));
    }

    [Fact]
    public async Task Rerouted_mail_does_not_wait_with_its_domains()
    {
        var id = await temp.Store.AcceptAsync(ct, null, "a@one.test");
        Assert.True(NextHop.TryParse("mx.other.test", out var hop));
        await temp.Store.Events.AppendAsync(new Append(StreamId.Message(id), ExpectedVersion.Any, new MessageRerouted("root", hop)), ct);

        Assert.Empty(temp.Store.Due.DueOf("one.test", DateTimeOffset.MaxValue, null, 1));
        Assert.Equal(id, Assert.Single(temp.Store.Due.DueOf("", DateTimeOffset.MaxValue, null, 1)).Message);
    }
}

using Postoffice.Runner.Transports;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Tests.Transports;

public sealed class TriedHopsTests
{
    private static readonly Reply Never = Reply.Parse("554 5.7.1 not you");
    private static readonly Reply Later = Reply.Parse("421 4.3.2 busy");

    [Fact]
    public void A_single_place_has_no_others_beside_it()
    {
        var tried = new TriedHops();
        tried.Add(Refused("a.test", Later));

        Assert.Equal("a.test", tried.Best.Host);
        Assert.Null(tried.Best.Tried);
    }

    [Fact]
    public void Trouble_for_now_outweighs_a_refusal_for_good_before_and_behind_it()
    {
        var tried = new TriedHops();
        tried.Add(Refused("a.test", Never));
        tried.Add(Refused("b.test", Later));
        tried.Add(Refused("c.test", Never));

        Assert.Equal("b.test", tried.Best.Host);
        Assert.Equal([("a.test", Never), ("c.test", Never)], tried.Best.Tried!.Select(hop => (hop.Host, hop.Reply!)));
    }

    [Fact]
    public void Of_very_many_places_twenty_are_told_in_order_and_never_the_one_that_counts()
    {
        var tried = new TriedHops();
        for (var i = 0; i < 100; i++) tried.Add(Unreached($"mx{i}.test"));

        Assert.Equal("mx0.test", tried.Best.Host);
        Assert.Equal(Enumerable.Range(1, 20).Select(i => $"mx{i}.test"), tried.Best.Tried!.Select(hop => hop.Host));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"mx{i}.test"), tried.Before(Refused("last.test", Later)).Tried!.Select(hop => hop.Host));
    }

    private static AttemptReport Refused(string host, Reply reply) => new([new RecipientResult.Refused(1, reply)], host, "192.0.2.1", Phase: "greeting");

    private static AttemptReport Unreached(string host) => new([new RecipientResult.Unreached(1, "no connection")], host, "192.0.2.1", Phase: "connect");
}

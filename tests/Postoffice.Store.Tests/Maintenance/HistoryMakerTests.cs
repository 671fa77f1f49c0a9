using Postoffice.Testing;

namespace Postoffice.Store.Tests.Maintenance;

/// <summary>What scripts/make-history writes past the usual ways is what those would have written.</summary>
public sealed class HistoryMakerTests
{
    private const int Finished = 2_500, Waiting = 300; // more than one commit

    [Fact]
    public async Task A_store_that_was_made_up_is_a_store()
    {
        using var temp = new TempStore();
        var ct = TestContext.Current.CancellationToken;

        await new HistoryMaker(temp.Store).WriteAsync(Finished, Waiting, ct);

        Assert.Empty(temp.Store.Check(null, ct).Findings);
        Assert.All(temp.Store.Projections.Names, name => Assert.True(temp.Store.Projections.Verify(name, null, ct).IsClean, name));
        Assert.Equal((Finished * HistoryMaker.FactsFinished) + (Waiting * HistoryMaker.FactsWaiting), await temp.Store.Events.LastPositionAsync(ct));
        Assert.Equal(Waiting, temp.Store.Queue.Count());
    }
}

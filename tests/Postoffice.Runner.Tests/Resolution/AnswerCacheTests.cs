using DnsClient;
using DnsClient.Protocol;
using Microsoft.Extensions.Time.Testing;
using Postoffice.Runner.Resolution;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Tests.Resolution;

public sealed class AnswerCacheTests
{
    private readonly FakeTimeProvider clock = new();

    [Fact]
    public void An_answer_is_kept_for_its_time_to_live_and_an_hour_at_most()
    {
        var cache = new AnswerCache(100, clock);
        cache.Keep(Name(0), QueryType.MX, Answer(1), TimeSpan.FromMinutes(5));
        cache.Keep(Name(1), QueryType.MX, Answer(1), TimeSpan.FromDays(9));
        cache.Keep(Name(2), QueryType.MX, Answer(1), TimeSpan.Zero);

        clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1));
        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(i => cache.Find(Name(i), QueryType.MX) is not null));
        clock.Advance(TimeSpan.FromTicks(1));
        Assert.Null(cache.Find(Name(0), QueryType.MX));
        clock.Advance(TimeSpan.FromMinutes(55));
        Assert.Null(cache.Find(Name(1), QueryType.MX));
    }

    [Fact]
    public void However_many_names_and_records_there_are_the_bound_holds()
    {
        var cache = new AnswerCache(100, clock);
        for (var i = 0; i < 1_000; i++)
        {
            cache.Keep(Name(i), QueryType.A, Answer(i % 30), TimeSpan.FromMinutes(5));
            Assert.NotNull(cache.Find(Name(i), QueryType.A));
            var kept = Enumerable.Range(0, i + 1).Select(n => cache.Find(Name(n), QueryType.A)).OfType<DnsAnswer.Found>().Sum(answer => 1 + answer.Records.Count);
            Assert.InRange(kept, 1, 100);
        }
    }

    [Fact]
    public void What_has_run_out_goes_before_what_is_still_good()
    {
        var cache = new AnswerCache(20, clock);
        cache.Keep(Name(0), QueryType.A, Answer(5), TimeSpan.FromMinutes(5));
        cache.Keep(Name(1), QueryType.A, Answer(5), TimeSpan.FromMinutes(1));
        clock.Advance(TimeSpan.FromMinutes(2));
        cache.Keep(Name(2), QueryType.A, Answer(10), TimeSpan.FromMinutes(5));

        Assert.NotNull(cache.Find(Name(0), QueryType.A));
        Assert.NotNull(cache.Find(Name(2), QueryType.A));
    }

    private static DnsAnswer.Found Answer(int records) => new(
        [.. Enumerable.Range(0, records).Select(i => new ARecord(new ResourceRecordInfo("x.test", ResourceRecordType.A, QueryClass.IN, 60, 4), new([192, 0, 2, (byte)i])))]);

    private static DomainName Name(int i) => DomainName.TryParse($"n{i}.test", out var name) ? name : throw new ArgumentException("no name");
}

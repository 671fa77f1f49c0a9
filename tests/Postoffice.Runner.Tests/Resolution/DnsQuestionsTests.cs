using DnsClient;
using Polly;
using Postoffice.Runner.Resolution;
using Postoffice.Store.Mail;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Resolution;

/// <summary>Name servers of strangers answer as they like: whatever comes is an answer of ours, never an exception, and its words are ours.</summary>
public sealed class DnsQuestionsTests
{
    [Fact]
    public async Task Whatever_octets_come_as_an_answer_they_end_no_attempt()
    {
        var random = new Random(6533);
        await using var dns = new ScriptedDns(Enumerable.Range(0, 400).Select(i => ($"h{i}.test", $"RAW {Convert.ToHexString(Malformed(random))}")));
        var questions = Questions(dns);
        var kinds = new HashSet<string>();
        for (var i = 0; i < 400; i++)
        {
            var answer = await questions.FindExchangersAsync(Domain($"h{i}.test"), default);
            kinds.Add(answer.GetType().Name);
            if (answer is MxAnswer.ServerFailure failure) Assert.InRange(failure.Reason.Length, 1, 200); // the library's words hold the whole packet
        }
        Assert.Contains(nameof(MxAnswer.ServerFailure), kinds);
    }

    /// <summary>An answer with one MX, a few of its octets replaced and its end perhaps cut off.</summary>
    private static byte[] Malformed(Random random)
    {
        byte[] whole = [.. Convert.FromHexString("81800001000200000000" + "01680474657374" + "00000F0001" + "C00C000F00010000003C0009000A026D78C00C" + "C00C000500010000003C0004016101620000")];
        for (var changes = random.Next(1, 5); changes > 0; changes--) whole[random.Next(10, whole.Length)] = (byte)random.Next(256);
        return whole[..random.Next(12, whole.Length + 1)];
    }

    private static DnsQuestions Questions(ScriptedDns dns) =>
        new([new NameServer(dns.Server)], TimeSpan.FromSeconds(1), ResiliencePipeline<DnsAnswer>.Empty, TimeProvider.System);

    private static DomainName Domain(string text) => DomainName.TryParse(text, out var domain) ? domain : throw new ArgumentException(text);
}

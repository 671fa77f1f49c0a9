using DnsClient;
using Polly;
using Postoffice.Runner.Resolution;
using Postoffice.Runner.Routing;
using Postoffice.Store.Configuration;
using Postoffice.Store.Mail;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Routing;

/// <summary>Every rule by which the DNS says where mail goes (RFC 5321 §5.1, RFC 7505), asked over real packets.</summary>
public sealed class MailExchangersTests
{
    // What a stranger's DNS may name to make us knock at our own doors, or at those of our link.
    private static readonly string[] Inward =
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "169.254.169.254", "224.0.0.5", "240.0.0.1", "255.255.255.255",
        "::1", "::", "::ffff:127.0.0.1", "::ffff:0.0.0.0", "::ffff:169.254.169.254", "::127.0.0.1", "fe80::1", "ff02::1",
    ];

    private static readonly (string, string)[] Zone =
    [
        ("two.test", "MX 20 b.two.test"), ("two.test", "MX 10 a.two.test"), ("a.two.test", "A 192.0.2.1"), ("b.two.test", "A 192.0.2.2"),
        ("both.test", "MX 10 host.both.test"),
        ("host.both.test", "A 192.0.2.1"), ("host.both.test", "A 192.0.2.2"), ("host.both.test", "AAAA 2001:db8::1"), ("host.both.test", "AAAA 2001:db8::2"),
        ("implicit.test", "A 192.0.2.3"),
        ("nothing.test", "CNAME empty.test"), ("empty.test", "TXT"),
        ("null.test", "MX 0 ."),
        ("halfnull.test", "MX 0 ."), ("halfnull.test", "MX 10 a.two.test"),
        ("alias.test", "CNAME two.test"),
        ("aliashost.test", "MX 5 www.aliashost.test"), ("www.aliashost.test", "CNAME a.two.test"),
        ("address.test", "MX 5 192.0.2.1"),
        ("gone.test", "MX 5 nowhere.gone.test"),
        ("partly.test", "MX 5 nowhere.gone.test"), ("partly.test", "MX 10 a.two.test"),
        ("servfail.test", ScriptedDns.ServFail), ("silence.test", ScriptedDns.Silence), ("garbage.test", ScriptedDns.Garbage),
        ("sickhost.test", "MX 5 servfail.test"), ("sickhost.test", "MX 10 a.two.test"),
        ("ours.test", "MX 10 mx.example.test"), ("mx.example.test", "A 192.0.2.9"),
        ("backup.test", "MX 5 a.two.test"), ("backup.test", "MX 10 mx.example.test"), ("backup.test", "MX 10 b.two.test"), ("backup.test", "MX 20 b.two.test"),
        ("ouraddress.test", "MX 10 other.ouraddress.test"), ("other.ouraddress.test", "A 127.0.0.77"),
        ("inside.test", "MX 10 host.inside.test"), ("host.inside.test", "A 10.0.0.25"), ("host.inside.test", "AAAA fd00::25"),
        ("here.test", "MX 10 host.here.test"), ("here.test", "MX 20 b.two.test"), ("host.here.test", "A 127.0.0.1"), ("host.here.test", "AAAA ::1"),
        ("partlyhere.test", "A 127.0.0.1"), ("partlyhere.test", "A 192.0.2.3"),
        .. Inward.Select((address, i) => ($"inward{i}.test", $"{(address.Contains(':', StringComparison.Ordinal) ? "AAAA" : "A")} {address}")),
        ("twice.test", "MX 10 a.two.test"), ("twice.test", "MX 20 a.two.test"),
        .. Enumerable.Range(0, 90).SelectMany(i => new[] { ("crowd.test", $"MX {i} host{i}.crowd.test"), ($"host{i}.crowd.test", $"A 192.0.2.{i}") }),
    ];

    [Theory]
    [InlineData("two.test", "a.two.test 192.0.2.1:25, b.two.test 192.0.2.2:25")]
    [InlineData("both.test", "host.both.test [2001:db8::1]:25, host.both.test 192.0.2.1:25, host.both.test [2001:db8::2]:25, host.both.test 192.0.2.2:25")]
    [InlineData("implicit.test", "implicit.test 192.0.2.3:25")]
    [InlineData("alias.test", "a.two.test 192.0.2.1:25, b.two.test 192.0.2.2:25")]
    [InlineData("aliashost.test", "www.aliashost.test 192.0.2.1:25")]
    [InlineData("halfnull.test", "a.two.test 192.0.2.1:25")]
    [InlineData("twice.test", "a.two.test 192.0.2.1:25")]
    [InlineData("nothing.test", "nothing.test 5.4.4")]
    [InlineData("null.test", "null.test 5.1.10")]
    [InlineData("unknown.test", "unknown.test 5.1.2")]
    [InlineData("address.test", "address.test 5.4.4")]
    [InlineData("gone.test", "nowhere.gone.test 5.4.4")]
    [InlineData("partly.test", "nowhere.gone.test 5.4.4, a.two.test 192.0.2.1:25")]
    [InlineData("servfail.test", "servfail.test later")]
    [InlineData("silence.test", "silence.test later")]
    [InlineData("garbage.test", "garbage.test later")]
    [InlineData("sickhost.test", "servfail.test later, a.two.test 192.0.2.1:25")]
    [InlineData("ours.test", "ours.test 5.4.6")]
    [InlineData("ouraddress.test", "ouraddress.test 5.4.6")]
    [InlineData("inside.test", "host.inside.test [fd00::25]:25, host.inside.test 10.0.0.25:25")]
    [InlineData("here.test", "host.here.test 5.4.6, b.two.test 192.0.2.2:25")]
    [InlineData("partlyhere.test", "partlyhere.test 192.0.2.3:25")]
    [InlineData("backup.test", "a.two.test 192.0.2.1:25")]
    public async Task The_dns_says_where_mail_goes(string domain, string expected)
    {
        await using var dns = new ScriptedDns(Zone);
        Assert.Equal(expected, await FindAsync(dns, domain));
    }

    [Theory]
    [InlineData("two.test", "a.two.test 10, b.two.test 20")]
    [InlineData("implicit.test", "implicit.test no MX")]
    [InlineData("partly.test", "nowhere.gone.test 5, a.two.test 10")]
    [InlineData("ours.test", "mx.example.test 10")]
    [InlineData("crowd.test", "host0.crowd.test 0, host1.crowd.test 1, host2.crowd.test 2, host3.crowd.test 3, host4.crowd.test 4, "
        + "host5.crowd.test 5, host6.crowd.test 6, host7.crowd.test 7, host8.crowd.test 8, host9.crowd.test 9")]
    [InlineData("null.test", "")] // the reason tells
    [InlineData("servfail.test", "")]
    public async Task What_the_dns_named_goes_with_each_candidate(string domain, string expected)
    {
        await using var dns = new ScriptedDns(Zone);
        var candidates = await Exchangers(Questions(dns)).FindAsync(Domain(domain), default).ToListAsync();

        var named = Assert.Single(candidates.Select(candidate => candidate.Resolved).Distinct());
        Assert.Equal(expected, string.Join(", ", (named ?? []).Select(host => $"{host.Host} {(host.Preference is { } preference ? $"{preference}" : "no MX")}")));
    }

    [Fact]
    public async Task Nobody_elses_dns_makes_us_dial_ourselves_or_our_link()
    {
        await using var dns = new ScriptedDns(Zone);
        for (var i = 0; i < Inward.Length; i++) Assert.Equal($"inward{i}.test 5.4.6", await FindAsync(dns, $"inward{i}.test"));
    }

    [Fact]
    public async Task Equals_take_turns_by_chance()
    {
        await using var dns = new ScriptedDns(
            ("equal.test", "MX 10 a.two.test"), ("equal.test", "MX 10 b.two.test"), ("a.two.test", "A 192.0.2.1"), ("b.two.test", "A 192.0.2.2"));
        var questions = Questions(dns);
        var orders = new HashSet<string>();
        for (var i = 0; i < 100; i++) orders.Add(await FindAsync(questions, "equal.test")); // the same order each time: 1 in 2^99

        Assert.Equal(["a.two.test 192.0.2.1:25, b.two.test 192.0.2.2:25", "b.two.test 192.0.2.2:25, a.two.test 192.0.2.1:25"], orders.Order());
    }

    [Fact]
    public async Task An_answer_too_large_for_udp_comes_by_tcp_and_only_the_best_ten_are_tried()
    {
        await using var dns = new ScriptedDns(Zone);
        var found = await FindAsync(dns, "crowd.test");

        Assert.Equal(string.Join(", ", Enumerable.Range(0, 10).Select(i => $"host{i}.crowd.test 192.0.2.{i}:25")), found);
        Assert.Contains("tcp MX crowd.test", dns.Asked);
        Assert.DoesNotContain(dns.Asked, question => question.Contains("host10.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_best_exchanger_is_found_behind_a_hundred_worse_ones()
    {
        await using var dns = new ScriptedDns([.. Zone, .. Enumerable.Range(0, 120).Select(i => ("many.test", $"MX 50 h{i}.many.test")), ("many.test", "MX 1 a.two.test")]);
        await foreach (var best in Exchangers(Questions(dns)).FindAsync(Domain("many.test"), default))
        {
            Assert.Equal("a.two.test", best.Host);
            break;
        }
    }

    [Fact]
    public async Task Equals_are_looked_up_at_once()
    {
        await using var dns = new ScriptedDns(
            ("equal.test", "MX 10 a.equal.test"), ("equal.test", "MX 10 b.equal.test"), ("a.equal.test", ScriptedDns.Silence), ("b.equal.test", ScriptedDns.Silence));
        using var stop = new CancellationTokenSource();
        var questions = new DnsQuestions([new NameServer(dns.Server)], TimeSpan.FromMinutes(10), ResiliencePipeline<DnsAnswer>.Empty, TimeProvider.System);

        var finding = Exchangers(questions).FindAsync(Domain("equal.test"), stop.Token).ToListAsync(CancellationToken.None).AsTask();
        await Task.WhenAll(dns.SeenAsync("udp A a.equal.test"), dns.SeenAsync("udp A b.equal.test")).WaitAsync(TimeSpan.FromSeconds(30));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => finding);
    }

    [Fact]
    public async Task A_host_is_looked_up_when_its_turn_comes()
    {
        await using var dns = new ScriptedDns(Zone);
        await foreach (var _ in Exchangers(Questions(dns)).FindAsync(Domain("two.test"), default)) break;

        Assert.DoesNotContain(dns.Asked, question => question.EndsWith(" b.two.test", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_answer_is_kept_for_its_time_to_live()
    {
        await using var dns = new ScriptedDns(Zone);
        var questions = Questions(dns);
        await FindAsync(questions, "two.test");
        await FindAsync(questions, "two.test");

        Assert.Single(dns.Asked, "udp MX two.test");
        Assert.Single(dns.Asked, "udp A a.two.test");
    }

    [Fact]
    public async Task The_next_name_server_is_asked_when_the_first_is_in_trouble()
    {
        await using var sick = new ScriptedDns([.. Zone.Select(line => line.Item1).Distinct().Select(name => (name, ScriptedDns.ServFail))]);
        await using var well = new ScriptedDns(Zone);
        var questions = new DnsQuestions([sick.Server, well.Server], TimeSpan.FromSeconds(5), ResiliencePipeline<DnsAnswer>.Empty, TimeProvider.System);

        Assert.Equal("implicit.test 192.0.2.3:25", await FindAsync(questions, "implicit.test"));
    }

    [Theory]
    [InlineData("192.0.2.53", "192.0.2.53:53")]
    [InlineData("192.0.2.53:5353", "192.0.2.53:5353")]
    [InlineData("2001:db8::53", "[2001:db8::53]:53")]
    [InlineData("[2001:db8::53]:5353", "[2001:db8::53]:5353")]
    public void A_resolver_is_read(string value, string expected) => Assert.Equal(expected, Assert.Single(NameServers.From(Resolver(value))).ToString());

    [Theory]
    [InlineData("dns.example.test")]
    [InlineData("192.0.2.53:0")]
    [InlineData("192.0.2.53:65536")]
    [InlineData("127.1")]
    [InlineData("[2001:db8::53]:")]
    public void What_is_no_resolver_is_refused(string value) => Assert.Throws<SettingException>(() => NameServers.From(Resolver(value)));

    private static Settings Resolver(string value) => new(null, [new Setting("resolver", value, "test:1")], []);

    private static async Task<string> FindAsync(ScriptedDns dns, string domain) => await FindAsync(Questions(dns), domain);

    private static async Task<string> FindAsync(DnsQuestions questions, string domain)
    {
        var found = new List<string>();
        await foreach (var candidate in Exchangers(questions).FindAsync(Domain(domain), default))
        {
            found.Add(candidate switch
            {
                Candidate.Peer(var host, var endPoint) => $"{host} {endPoint}",
                Candidate.Refused(var host, var status, _) => $"{host} {status}",
                _ => $"{candidate.Host} later",
            });
        }
        return string.Join(", ", found);
    }

    private static MailExchangers Exchangers(DnsQuestions questions) =>
        new(questions, OwnEndpoints.From(new Settings(null, [new Setting("listen", "127.0.0.77:25", "test:1")], [])), RunnerRig.Self);

    /// <summary>Each question once, so that silence does not take long.</summary>
    private static DnsQuestions Questions(ScriptedDns dns) =>
        new([new NameServer(dns.Server)], TimeSpan.FromSeconds(1), ResiliencePipeline<DnsAnswer>.Empty, TimeProvider.System);

    private static DomainName Domain(string text) => DomainName.TryParse(text, out var domain) ? domain : throw new ArgumentException(text);
}

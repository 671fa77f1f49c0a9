using System.Text;

namespace Postoffice.EndToEnd.Tests;

/// <summary>Debian's Exim as the next hop, and as a client of ours. What was spoken its own log tells.</summary>
public sealed class EximTests : IAsyncLifetime
{
    private const string Body = "\r\n.a dot\r\n..two\r\n.\u0020\r\nbl\u00e5b\u00e6r\r\n\tFrom here\r\n";
    private static readonly string AllKindsOfLines = string.Concat(Enumerable.Range(0, 10_000).Select(i =>
        $".{i:D9} begins with a dot\r\n..\r\n{new string((char)('a' + i % 26), 950)} {i:D9} is long\r\n\r\n")); // 10 MB

    private readonly int port = Site.FreePort();
    private readonly Site site;
    private EximServer? started;

    public EximTests() => site = new Site($"route=real.test:127.0.0.1:{port}", "retry=1h");

    private EximServer Exim => started!;

    public async ValueTask InitializeAsync()
    {
        site.Certify();
        started = await EximServer.StartAsync(site, port);
        await site.StartListenerAsync();
        await site.StartRunnerAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (started is not null) await started.DisposeAsync();
        await site.DisposeAsync();
    }

    [Fact]
    public async Task Two_recipients_get_the_message_as_it_was_and_the_third_one_comes_back()
    {
        SmtpLine.Leave(site.Port, $"<{Site.Address}> BODY=8BITMIME", ["bob@real.test", "nobody@real.test", "carol@real.test"], $"Subject: real\r\n{Body}");

        foreach (var message in await Exim.MailAsync(2)) Assert.EndsWith(PeerDirectory.Stored(Body), message, StringComparison.Ordinal);
        var bounce = Assert.Single(await site.MailAsync(1));
        Assert.Contains("Final-Recipient: rfc822; nobody@real.test", bounce);
        Assert.Contains("there is nobody of that name", bounce);
        Assert.Contains("Status: 5.1.1", bounce);
        Assert.Matches(@"<= root@example\.test H=.* P=esmtps X=TLS1\.3:.* K .*M8S=8 .* for bob@real\.test carol@real\.test", Exim.Log);
    }

    [Fact]
    public async Task Whom_it_puts_off_runq_tries_again()
    {
        SmtpLine.Leave(site.Port, $"<{Site.Address}>", ["later@real.test", "bob@real.test"], $"Subject: patience\r\n{Body}");
        await Exim.MailAsync(1);
        await Eventually.HoldsAsync(() => Queue().Contains("4.2.1 come back later", StringComparison.Ordinal), () => "its words in mailq");

        Exim.NowIsLater();
        await Eventually.HoldsAsync(() => site.RunAsync("runq").Result.ExitCode == 0 && Queue() == "Mail queue is empty.\n", () => "an empty queue after runq");

        Assert.Equal(2, (await Exim.MailAsync(2)).Count);
        Assert.Contains("for later@real.test", Exim.Log);
    }

    [Fact]
    public async Task What_is_larger_than_it_says_it_takes_is_not_sent()
    {
        SmtpLine.Leave(site.Port, $"<{Site.Address}>", ["bob@real.test"], $"Subject: too big\r\n\r\n{AllKindsOfLines}{AllKindsOfLines}");

        var bounce = Assert.Single(await site.MailAsync(1));
        Assert.Contains("Status: 5.3.4", bounce);
        Assert.Contains("12000000", bounce);
        Assert.DoesNotContain("root@example.test", Exim.Log); // not even MAIL was said
    }

    [Fact]
    public async Task Addresses_and_headers_beyond_ASCII_go_by_SMTPUTF8()
    {
        SmtpLine.Leave(site.Port, $"<{Site.Address}> SMTPUTF8 BODY=8BITMIME", [InUtf8("bl\u00e5b\u00e6r@real.test")], InUtf8($"Subject: bl\u00e5\r\n{Body}"));

        var message = Assert.Single(await Exim.MailAsync(1));
        Assert.Contains(InUtf8("Subject: bl\u00e5\n"), message, StringComparison.Ordinal);
        Assert.Contains("P=utf8esmtps", Exim.Log);
    }

    [Fact]
    public async Task Ten_megabytes_arrive_whole()
    {
        SmtpLine.Leave(site.Port, $"<{Site.Address}>", ["bob@real.test"], $"Subject: big\r\n\r\n{AllKindsOfLines}");

        Assert.EndsWith(PeerDirectory.Stored($"\r\n\r\n{AllKindsOfLines}"), Assert.Single(await Exim.MailAsync(1)), StringComparison.Ordinal);
        Assert.Contains(" K ", Exim.Log);
    }

    [Fact]
    public async Task What_it_sends_us_comes_over_TLS_and_CHUNKING_and_whom_we_refuse_it_tells_the_sender()
    {
        SmtpLine.Leave(port, "<alice@real.test> BODY=8BITMIME", [Site.Address, "no.such.user@example.test"], $"Subject: real\r\n{Body}");

        var message = Assert.Single(await site.MailAsync(1));
        Assert.EndsWith(PeerDirectory.Stored(Body), message, StringComparison.Ordinal);
        Assert.Contains("with ESMTPS", message);
        var bounce = Assert.Single(await Exim.MailAsync(1));
        Assert.Contains("no.such.user@example.test", bounce);
        Assert.Contains("550 5.1.1", bounce);
        await Exim.LogsAsync($"=> {Site.Address} R=others T=out H=127.0.0.1 [127.0.0.1] X=TLS1.3:");
        Assert.Matches($"=> {Site.Address} .* K C=\"250", Exim.Log);
    }

    [Fact]
    public async Task Ten_megabytes_that_it_sends_us_arrive_whole()
    {
        SmtpLine.Leave(port, "<alice@real.test>", [Site.Address], $"Subject: big\r\n\r\n{AllKindsOfLines}");

        Assert.EndsWith(PeerDirectory.Stored($"\r\n\r\n{AllKindsOfLines}"), Assert.Single(await site.MailAsync(1)), StringComparison.Ordinal);
        await Exim.LogsAsync(" K C=\"250");
    }

    private string Queue() => site.RunAsync("mailq").Result.Output;

    /// <summary>A text as its UTF-8 octets, a character each.</summary>
    private static string InUtf8(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}

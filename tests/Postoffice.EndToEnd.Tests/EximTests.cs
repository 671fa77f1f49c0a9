using System.Text;

namespace Postoffice.EndToEnd.Tests;

/// <summary>Debian's Exim as the next hop, and as a client of ours. What was spoken its own log tells.</summary>
public sealed class EximTests
{
    private const string Body = "\r\n.a dot\r\n..two\r\n.\u0020\r\nbl\u00e5b\u00e6r\r\n\tFrom here\r\n";
    private static readonly string AllKindsOfLines = string.Concat(Enumerable.Range(0, 10_000).Select(i =>
        $".{i:D9} begins with a dot\r\n..\r\n{new string((char)('a' + i % 26), 950)} {i:D9} is long\r\n\r\n")); // 10 MB

    [Fact]
    public async Task Two_recipients_get_the_message_as_it_was_and_the_third_one_comes_back()
    {
        await using var scene = await PeerScene.WithAsync(new EximServer());
        SmtpLine.Leave(scene.Site.Port, $"<{Site.Address}> BODY=8BITMIME", ["bob@real.test", "nobody@real.test", "carol@real.test"], $"Subject: real\r\n{Body}");

        foreach (var message in await scene.Peer.MailAsync(2)) Assert.EndsWith(PeerServer.Stored(Body), message, StringComparison.Ordinal);
        var bounce = Assert.Single(await scene.Site.MailAsync(1));
        Assert.Contains("Final-Recipient: rfc822; nobody@real.test", bounce);
        Assert.Contains("there is nobody of that name", bounce);
        Assert.Contains("Status: 5.1.1", bounce);
        Assert.Matches(@"<= root@example\.test H=.* P=esmtps X=TLS1\.3:.* K .*M8S=8 .* for bob@real\.test carol@real\.test", scene.Peer.Log);
    }

    [Fact]
    public async Task Whom_it_puts_off_runq_tries_again()
    {
        await using var scene = await PeerScene.WithAsync(new EximServer());
        SmtpLine.Leave(scene.Site.Port, $"<{Site.Address}>", ["later@real.test", "bob@real.test"], $"Subject: patience\r\n{Body}");
        await scene.Peer.MailAsync(1);
        await Eventually.HoldsAsync(() => Queue(scene.Site).Contains("4.2.1 come back later", StringComparison.Ordinal), () => "its words in mailq");

        scene.Peer.NowIsLater();
        await Eventually.HoldsAsync(() => scene.Site.RunAsync("runq").Result.ExitCode == 0 && Queue(scene.Site) == "Mail queue is empty.\n", () => "an empty queue after runq");

        Assert.Equal(2, (await scene.Peer.MailAsync(2)).Count);
        Assert.Contains("for later@real.test", scene.Peer.Log);
    }

    [Fact]
    public async Task What_is_larger_than_it_says_it_takes_is_not_sent()
    {
        await using var scene = await PeerScene.WithAsync(new EximServer());
        SmtpLine.Leave(scene.Site.Port, $"<{Site.Address}>", ["bob@real.test"], $"Subject: too big\r\n\r\n{AllKindsOfLines}{AllKindsOfLines}");

        var bounce = Assert.Single(await scene.Site.MailAsync(1));
        Assert.Contains("Status: 5.3.4", bounce);
        Assert.Contains("12000000", bounce);
        Assert.DoesNotContain("root@example.test", scene.Peer.Log); // not even MAIL was said
    }

    [Fact]
    public async Task Addresses_and_headers_beyond_ASCII_go_by_SMTPUTF8()
    {
        await using var scene = await PeerScene.WithAsync(new EximServer());
        SmtpLine.Leave(scene.Site.Port, $"<{Site.Address}> SMTPUTF8 BODY=8BITMIME", [InUtf8("bl\u00e5b\u00e6r@real.test")], InUtf8($"Subject: bl\u00e5\r\n{Body}"));

        var message = Assert.Single(await scene.Peer.MailAsync(1));
        Assert.Contains(InUtf8("Subject: bl\u00e5\n"), message, StringComparison.Ordinal);
        Assert.Contains("P=utf8esmtps", scene.Peer.Log);
    }

    [Fact]
    public async Task Ten_megabytes_arrive_whole()
    {
        await using var scene = await PeerScene.WithAsync(new EximServer());
        SmtpLine.Leave(scene.Site.Port, $"<{Site.Address}>", ["bob@real.test"], $"Subject: big\r\n\r\n{AllKindsOfLines}");

        Assert.EndsWith(PeerServer.Stored($"\r\n\r\n{AllKindsOfLines}"), Assert.Single(await scene.Peer.MailAsync(1)), StringComparison.Ordinal);
        Assert.Contains(" K ", scene.Peer.Log);
    }

    [Fact]
    public async Task What_it_sends_us_comes_over_TLS_and_CHUNKING_and_whom_we_refuse_it_tells_the_sender()
    {
        await using var scene = await PeerScene.WithAsync(new EximServer());
        SmtpLine.Leave(scene.Port, "<alice@real.test> BODY=8BITMIME", [Site.Address, "no.such.user@example.test"], $"Subject: real\r\n{Body}");

        var message = Assert.Single(await scene.Site.MailAsync(1));
        Assert.EndsWith(PeerServer.Stored(Body), message, StringComparison.Ordinal);
        Assert.Contains("with ESMTPS", message);
        var bounce = Assert.Single(await scene.Peer.MailAsync(1));
        Assert.Contains("no.such.user@example.test", bounce);
        Assert.Contains("550 5.1.1", bounce);
        await scene.Peer.LogsAsync($"=> {Site.Address} R=others T=out H=127.0.0.1 [127.0.0.1] X=TLS1.3:");
        Assert.Matches($"=> {Site.Address} .* K C=\"250", scene.Peer.Log);
    }

    [Fact]
    public async Task Ten_megabytes_that_it_sends_us_arrive_whole()
    {
        await using var scene = await PeerScene.WithAsync(new EximServer());
        SmtpLine.Leave(scene.Port, "<alice@real.test>", [Site.Address], $"Subject: big\r\n\r\n{AllKindsOfLines}");

        Assert.EndsWith(PeerServer.Stored($"\r\n\r\n{AllKindsOfLines}"), Assert.Single(await scene.Site.MailAsync(1)), StringComparison.Ordinal);
        await scene.Peer.LogsAsync(" K C=\"250");
    }

    private static string Queue(Site site) => site.RunAsync("mailq").Result.Output;

    /// <summary>A text as its UTF-8 octets, a character each.</summary>
    private static string InUtf8(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}

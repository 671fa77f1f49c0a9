using System.Text.RegularExpressions;

namespace Postoffice.EndToEnd.Tests;

/// <summary>Debian's Postfix as the next hop, and as a client of ours: what the two say to each other is what servers in the world say.</summary>
public sealed class PostfixTests
{
    private const string Body = "\r\n.a dot\r\n..two\r\n.\u0020\r\nbl\u00e5b\u00e6r\r\n\tFrom here\r\n";

    [Fact]
    public async Task Two_recipients_get_the_message_as_it_was_and_the_third_one_comes_back()
    {
        await using var scene = await PeerScene.WithAsync(new PostfixServer());
        var taken = SmtpLine.Leave(scene.Site.Port, $"<{Site.Address}> BODY=8BITMIME", ["bob@real.test", "nobody@real.test", "carol@real.test"], $"Subject: real\r\n{Body}");
        var id = Regex.Match(taken, "^250 .*?([0-9A-Z]{12})").Groups[1].Value;

        foreach (var message in await scene.Peer.MailAsync(2)) Assert.EndsWith(PeerServer.Stored(Body), message, StringComparison.Ordinal);
        var bounce = Assert.Single(await scene.Site.MailAsync(1));
        Assert.Contains("Final-Recipient: rfc822; nobody@real.test", bounce);
        Assert.Contains("there is nobody of that name", bounce);
        Assert.Contains("Status: 5.1.1", bounce);
        Assert.DoesNotContain("bob@", bounce.Split("rfc822-headers")[0]);
        Assert.Contains("Remote-MTA: dns; [127.0.0.1]", bounce);
        await scene.Peer.LogsAsync("starttls=1 mail=1 rcpt=2/3 bdat=1");
        Assert.Contains("TLSv1.3", (await scene.Site.PostofficeAsync("trace", id)).Output);
    }

    [Fact]
    public async Task A_wish_for_success_is_passed_on_and_answered_by_the_last_server()
    {
        await using var scene = await PeerScene.WithAsync(new PostfixServer());
        (await scene.Site.SendmailAsync("Subject: tell me\n\nhello\n", "-N", "success", "-f", Site.Address, "bob@real.test")).Succeeded();

        var told = Assert.Single(await scene.Site.MailAsync(1));
        Assert.Contains("Reporting-MTA: dns; pf.real.test", told);
        Assert.Contains("Action: delivered", told);
        Assert.Contains("Received: from pf.real.test", told); // it came to our listener as anybody's mail
    }

    [Fact]
    public async Task Ten_megabytes_arrive_whole()
    {
        await using var scene = await PeerScene.WithAsync(new PostfixServer());
        var lines = string.Concat(Enumerable.Range(0, 140_000).Select(i => $".{i:D9} and so on, and on, and on, and on, and on, and on, and on\n"));

        (await scene.Site.SendmailAsync($"Subject: big\n\n{lines}", "-i", "-f", Site.Address, "bob@real.test")).Succeeded();

        Assert.EndsWith($"\n\n{lines}", Assert.Single(await scene.Peer.MailAsync(1)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_it_sends_us_comes_over_TLS_and_as_it_was_and_whom_we_refuse_it_tells_the_sender()
    {
        await using var scene = await PeerScene.WithAsync(new PostfixServer());
        SmtpLine.Leave(scene.Port, "<alice@real.test> BODY=8BITMIME", [Site.Address, "no.such.user@example.test"], $"Subject: real\r\n{Body}");

        var message = Assert.Single(await scene.Site.MailAsync(1));
        Assert.EndsWith(PeerServer.Stored(Body), message, StringComparison.Ordinal);
        Assert.Matches(@"Received: from pf\.real\.test .*\n?.* with ESMTPS", message);
        var bounce = Assert.Single(await scene.Peer.MailAsync(1));
        Assert.Contains("Final-Recipient: rfc822; no.such.user@example.test", bounce);
        Assert.Contains("Diagnostic-Code: smtp; 550 5.1.1", bounce);
        Assert.Contains("TLS connection established to 127.0.0.1[127.0.0.1]", scene.Peer.Log);
    }
}

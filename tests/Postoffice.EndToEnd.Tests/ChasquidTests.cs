namespace Postoffice.EndToEnd.Tests;

/// <summary>Debian's chasquid, which is written in Go with a TLS of its own, as the next hop and as a client of ours.</summary>
public sealed class ChasquidTests
{
    private const string Body = "\r\n.a dot\r\n..two\r\n.\u0020\r\nbl\u00e5b\u00e6r\r\n\tFrom here\r\n";

    [Fact]
    public async Task One_recipient_gets_the_message_as_it_was_and_the_other_one_comes_back()
    {
        await using var scene = await PeerScene.WithAsync(new ChasquidServer());
        SmtpLine.Leave(scene.Site.Port, $"<{Site.Address}> BODY=8BITMIME", ["bob@real.test", "nobody@real.test"], $"Subject: real\r\n{Body}");

        Assert.EndsWith(PeerServer.Stored(Body), Assert.Single(await scene.Peer.MailAsync(1)), StringComparison.Ordinal);
        var bounce = Assert.Single(await scene.Site.MailAsync(1));
        Assert.Contains("Final-Recipient: rfc822; nobody@real.test", bounce);
        Assert.Contains("Status: 5.1.1", bounce);
    }

    [Fact]
    public async Task What_it_sends_us_comes_over_TLS_and_whom_we_refuse_it_tells_the_sender()
    {
        await using var scene = await PeerScene.WithAsync(new ChasquidServer());
        SmtpLine.Leave(scene.Port, "<alice@real.test> BODY=8BITMIME", ["away@real.test"], $"Subject: real\r\n{Body}");

        var message = Assert.Single(await scene.Site.MailAsync(1));
        Assert.EndsWith(PeerServer.Stored(Body), message, StringComparison.Ordinal);
        Assert.Contains("with ESMTPS", message);
        var bounce = Assert.Single(await scene.Peer.MailAsync(1));
        Assert.Contains("no.such.user@example.test", bounce);
        Assert.Contains("550 5.1.1", bounce);
    }
}

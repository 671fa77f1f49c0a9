using System.Text.RegularExpressions;

namespace Postoffice.EndToEnd.Tests;

/// <summary>Debian's Postfix as the next hop, and as a client of ours: what the two say to each other is what servers in the world say.</summary>
public sealed class PostfixTests
{
    private const string Body = "\r\n.a dot\r\n..two\r\n.\u0020\r\nbl\u00e5b\u00e6r\r\n\tFrom here\r\n";

    [Fact]
    public async Task Two_recipients_get_the_message_as_it_was_and_the_third_one_comes_back()
    {
        var port = Site.FreePort();
        await using var site = new Site($"route=real.test:127.0.0.1:{port}");
        await using var postfix = new PostfixServer(site, port);
        await postfix.StartedAsync();
        await site.StartListenerAsync();
        await site.StartRunnerAsync();

        string id;
        using (var line = SmtpLine.Connect(site))
        {
            line.Reply();
            line.Ask("EHLO client.example.net");
            Assert.StartsWith("250", line.Ask($"MAIL FROM:<{Site.Address}> BODY=8BITMIME"));
            foreach (var to in (string[])["bob", "nobody", "carol"]) Assert.StartsWith("250", line.Ask($"RCPT TO:<{to}@real.test>"));
            Assert.StartsWith("354", line.Ask("DATA"));
            id = Regex.Match(line.Ask($"Subject: real{Stuffed(Body)}."), "^250 .*?([0-9A-Z]{12})").Groups[1].Value;
        }

        foreach (var message in await postfix.MailAsync(2)) Assert.EndsWith(Body.Replace("\r\n", "\n", StringComparison.Ordinal), message, StringComparison.Ordinal);
        var bounce = Assert.Single(await site.MailAsync(1));
        Assert.Contains("Final-Recipient: rfc822; nobody@real.test", bounce);
        Assert.Contains("there is nobody of that name", bounce);
        Assert.Contains("Status: 5.1.1", bounce);
        Assert.DoesNotContain("bob@", bounce.Split("rfc822-headers")[0]);
        Assert.Contains("Remote-MTA: dns; 127.0.0.1", bounce);
        await Eventually.HoldsAsync(
            () => postfix.Log.Contains("starttls=1 mail=1 rcpt=2/3 bdat=1", StringComparison.Ordinal), () => $"Postfix's word on the session\n{postfix.Log}");
        Assert.Contains("TLSv1.3", (await site.PostofficeAsync("trace", id)).Output);
    }

    [Fact]
    public async Task A_wish_for_success_is_passed_on_and_answered_by_the_last_server()
    {
        var port = Site.FreePort();
        await using var site = new Site($"route=real.test:127.0.0.1:{port}");
        await using var postfix = new PostfixServer(site, port);
        await postfix.StartedAsync();
        await site.StartListenerAsync();
        await site.StartRunnerAsync();

        (await site.SendmailAsync("Subject: tell me\n\nhello\n", "-N", "success", "-f", Site.Address, "bob@real.test")).Succeeded();

        var told = Assert.Single(await site.MailAsync(1));
        Assert.Contains("Reporting-MTA: dns; pf.real.test", told);
        Assert.Contains("Action: delivered", told);
        Assert.Contains("Received: from pf.real.test", told); // it came to our listener as anybody's mail
    }

    [Fact]
    public async Task Ten_megabytes_arrive_whole()
    {
        var port = Site.FreePort();
        await using var site = new Site($"route=real.test:127.0.0.1:{port}");
        await using var postfix = new PostfixServer(site, port);
        await postfix.StartedAsync();
        await site.StartListenerAsync();
        await site.StartRunnerAsync();
        var lines = string.Concat(Enumerable.Range(0, 140_000).Select(i => $".{i:D9} and so on, and on, and on, and on, and on, and on, and on\n"));

        (await site.SendmailAsync($"Subject: big\n\n{lines}", "-i", "-f", Site.Address, "bob@real.test")).Succeeded();

        Assert.EndsWith($"\n\n{lines}", Assert.Single(await postfix.MailAsync(1)), StringComparison.Ordinal);
    }

    private static string Stuffed(string body) => body.Replace("\r\n.", "\r\n..", StringComparison.Ordinal);
}

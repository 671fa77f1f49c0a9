using System.Text.Json;

namespace Postoffice.EndToEnd.Tests;

/// <summary>What a newcomer does in the first five minutes.</summary>
public sealed class FirstMailTests : SiteTests
{
    protected override Task StartAsync() => Site.StartAsync();

    [Fact]
    public async Task A_mail_from_swaks_reaches_the_mailbox_and_its_history_can_be_read()
    {
        (await Site.SwaksAsync("--from", "alice@example.net", "--to", Site.Address, "--body", "hello from outside")).Succeeded();

        var mail = Assert.Single(await Site.MailAsync(1));
        Assert.Contains("hello from outside", mail);
        Assert.Contains("Received: from client.example.net", mail);
        Assert.StartsWith("Return-Path: <alice@example.net>", mail);
        await Eventually.HoldsAsync(
            () => Site.PostofficeAsync("history", "--json").Result.Succeeded().Contains("\"delivered\"", StringComparison.Ordinal),
            () => "a delivered recipient in postoffice history");
        var line = JsonDocument.Parse((await Site.PostofficeAsync("history", "--json")).Succeeded().Split('\n')[0]).RootElement;
        var id = line.GetProperty("queueId").GetString()!;
        var trace = (await Site.PostofficeAsync("trace", id)).Succeeded();
        Assert.Contains("message-accepted", trace);
        Assert.Contains("attempt-ended", trace);
    }

    [Fact]
    public async Task A_mail_from_sendmail_t_reaches_the_mailbox_without_its_bcc()
    {
        var text = $"To: {Site.Address}\nBcc: {Site.User}\nSubject: from cron\n\nall is well\n";
        (await Site.SendmailAsync(text, "-t", "-i")).Succeeded();

        var mail = (await Site.MailAsync(1))[0];
        Assert.Contains("all is well", mail);
        Assert.Contains("Message-ID: <", mail);
        Assert.Contains($"From: ", mail);
        Assert.DoesNotContain("Bcc:", mail);
    }

    [Fact]
    public async Task An_empty_queue_says_so()
    {
        Assert.Equal("Mail queue is empty.\n", (await Site.RunAsync("mailq")).Succeeded());
        Assert.Equal("", (await Site.RunAsync("runq")).Succeeded());
    }

    [Fact]
    public async Task An_unknown_user_is_refused_in_the_session()
    {
        var unknown = await Site.SwaksAsync("--from", "alice@example.net", "--to", "no-such-user@example.test");
        Assert.Contains("550 5.1.1", unknown.Output);
    }
}

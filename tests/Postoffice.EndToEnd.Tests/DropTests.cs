namespace Postoffice.EndToEnd.Tests;

public sealed class DropTests
{
    [Fact]
    public async Task Mail_sent_while_no_listener_runs_is_taken_in_by_the_next_one_once()
    {
        await using var site = new Site();
        (await site.SendmailAsync("Subject: cron\n\ndisk is fine\n", Site.User)).Succeeded();
        Assert.Single(Directory.GetFiles(site.DropDirectory));

        await site.StartRunnerAsync();
        var listener = await site.StartListenerAsync();
        Assert.Contains("disk is fine", Assert.Single(await site.MailAsync(1)));
        await Eventually.HoldsAsync(() => Directory.GetFiles(site.DropDirectory).Length == 0, () => "an empty drop directory");

        await listener.KillAsync();
        await site.StartListenerAsync();
        Assert.Single(await site.MailAsync(1));
    }
}

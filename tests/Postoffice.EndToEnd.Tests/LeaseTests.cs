namespace Postoffice.EndToEnd.Tests;

/// <summary>One runner a store; the next takes over when it dies or is paused.</summary>
public sealed class LeaseTests
{
    [Theory]
    [InlineData("KILL")]
    [InlineData("STOP")]
    public async Task A_second_runner_waits_and_takes_over(string signal)
    {
        await using var site = new Site();
        await site.StartListenerAsync();
        var first = await site.StartRunnerAsync();
        var second = site.Begin("postoffice-runner");
        await second.SaysAsync("waiting");

        first.Signal(signal);
        (await site.SendmailAsync("Subject: handed over\n\nhello\n", Site.User)).Succeeded();

        await second.SaysAsync("ready");
        Assert.Single(await site.MailAsync(1));
        if (signal == "STOP")
        {
            first.Signal("CONT");
            await first.SaysAsync("another runner took"); // it learns that it was replaced
            (await site.SendmailAsync("Subject: once\n\nhello\n", Site.User)).Succeeded();
            Assert.Equal(2, (await site.MailAsync(2)).Count);
        }
    }
}

namespace Postoffice.EndToEnd.Tests;

/// <summary>L01 of the attack catalogue: mail that goes in a circle comes to an end, and its sender hears of it once.</summary>
public sealed class LoopTests
{
    private const int Hops = 6;

    [Fact]
    public async Task Two_instances_that_forward_to_each_other_stop_at_hops_and_send_one_DSN()
    {
        await using var here = new Site($"hops={Hops}");
        await using var there = new Site($"hops={Hops}", "hostname=there.example.test", $"relay-host=127.0.0.1:{here.Port}");
        System.IO.File.AppendAllLines(here.Configuration, [$"relay-host=127.0.0.1:{there.Port}"]);
        foreach (var site in (Site[])[here, there])
        {
            await site.StartListenerAsync();
            await site.StartRunnerAsync();
        }

        (await here.SendmailAsync("Subject: round and round\n\nhello\n", "-f", Site.Address, "bob@remote.example")).Succeeded();

        await Eventually.HoldsAsync(() => Mail(here, there).Length > 0, () => "a DSN"); // ends the circle: from now on nothing but DSNs is under way
        await Eventually.HoldsAsync(() => IsEmpty(here) && IsEmpty(there), () => "two empty queues");
        var dsn = Assert.Single(Mail(here, there));
        Assert.Contains("Status: 5.4.6", dsn);
        Assert.Contains("554 5.4.6", dsn);
        var returned = dsn[dsn.IndexOf("Content-Type: text/rfc822-headers", StringComparison.Ordinal)..];
        Assert.Equal(Hops + 1, returned.Split('\n').Count(line => line.StartsWith("Received:", StringComparison.Ordinal)));
    }

    private static string[] Mail(params Site[] sites) =>
        [.. sites.Where(site => Directory.Exists(site.MaildirNew)).SelectMany(site => Directory.GetFiles(site.MaildirNew)).Select(System.IO.File.ReadAllText)];

    private static bool IsEmpty(Site site) => site.RunAsync("mailq").Result.Output == "Mail queue is empty.\n";
}

using System.Diagnostics;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>D05 of the attack catalogue: who takes all descriptors gets 421 or waits, and when he is gone all is as before.</summary>
public sealed class DescriptorTests
{
    private const int Few = 256;
    private const int Clients = 300;

    [Fact]
    public async Task More_clients_than_descriptors_get_421_and_the_others_go_on()
    {
        await using var site = new Site();
        await using var listener = Service.Start(OutsideProgram.Require("prlimit"), $"--nofile={Few}:{Few}", Service.Program("postoffice-smtpd"), "-C", site.Configuration);
        await listener.SaysAsync("ready");
        await site.StartRunnerAsync();

        var crowd = Enumerable.Range(0, Clients).Select(_ => SmtpLine.Connect(site)).ToList();
        var said = crowd.Select(client => client.Reply()).ToList();
        Assert.InRange(said.Count(greeting => greeting.StartsWith("421 4.3.2", StringComparison.Ordinal)), Clients - Few, Clients - 100);
        Assert.All(said, greeting => Assert.Matches("^(220|421) ", greeting));
        Assert.InRange(Directory.GetFiles($"/proc/{listener.Id}/fd").Length, 100, Few - 32); // the store keeps its share
        Assert.StartsWith("250 2.0.0", Deliver(crowd[0]));
        Assert.Single(await site.MailAsync(1));

        foreach (var client in crowd) client.Dispose();
        await Eventually.HoldsAsync(() => Greeting(site).StartsWith("220 ", StringComparison.Ordinal), () => $"a greeting\n{listener.Said}");
        (await site.SwaksAsync("--from", "alice@example.net", "--to", Site.Address)).Succeeded();
    }

    [Fact]
    public async Task Without_any_descriptor_nobody_is_lost_refused_for_good_or_asked_for_in_a_circle()
    {
        await using var site = new Site();
        var listener = await site.StartListenerAsync();
        using var inside = SmtpLine.Connect(site);
        Assert.StartsWith("220 ", inside.Reply());
        Assert.StartsWith("250", inside.Ask("EHLO client.example.net"));

        await AllowDescriptorsAsync(listener, 3);
        using var waiting = SmtpLine.Connect(site); // the kernel's backlog takes him
        await listener.SaysAsync("no connection can be taken now");
        var (began, before) = (Stopwatch.GetTimestamp(), Pauses(listener));
        Assert.StartsWith("250", inside.Ask("MAIL FROM:<alice@example.net>"));
        Assert.Matches("^(250|451) ", inside.Ask($"RCPT TO:<{Site.Address}>")); // never 550: that the password file cannot be opened says nothing about the user
        Assert.StartsWith("250", inside.Ask("RSET"));
        await Eventually.HoldsAsync(() => Pauses(listener) >= before + 3, () => "three more tries to take a connection");
        Assert.InRange(Pauses(listener) - before, 3, (Stopwatch.GetElapsedTime(began).TotalSeconds * 5) + 2); // one in 200 ms

        await AllowDescriptorsAsync(listener, Few);
        Assert.StartsWith("220 ", waiting.Reply());
        Assert.StartsWith("250", waiting.Ask("EHLO client.example.net"));
        Assert.StartsWith("250 2.0.0", Deliver(waiting));
        Assert.StartsWith("250 2.0.0", Deliver(inside));
        await site.StartRunnerAsync();
        Assert.Equal(2, (await site.MailAsync(2)).Count);
    }

    private static string Greeting(Site site)
    {
        using var client = SmtpLine.Connect(site);
        return client.Reply();
    }

    private static string Deliver(SmtpLine client)
    {
        foreach (var command in (string[])["EHLO client.example.net", "MAIL FROM:<alice@example.net>", $"RCPT TO:<{Site.Address}>", "DATA"]) Assert.Matches("^(250|354)", client.Ask(command));
        return client.Ask("Subject: x\r\n\r\nhello\r\n.");
    }

    private static int Pauses(Service listener) => listener.Said.Split('\n').Count(line => line.Contains("no connection can be taken now", StringComparison.Ordinal));

    private static async Task AllowDescriptorsAsync(Service service, int soft) =>
        (await Outcome.OfAsync(OutsideProgram.Require("prlimit"), ["--pid", $"{service.Id}", $"--nofile={soft}:4096"])).Succeeded();
}

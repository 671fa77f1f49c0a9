using System.Net;
using System.Net.Sockets;
using Postoffice.Store.Directory;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

public sealed class RelayTests
{
    [Fact]
    public async Task A_remote_recipient_goes_through_the_relay_host_to_smtp_sink()
    {
        var port = Site.FreePort();
        await using var site = new Site($"relay-host=127.0.0.1:{port}");
        await using var sink = Service.Start(OutsideProgram.Require("smtp-sink"), "-u", Site.User, "-v", "-D", site.File("sunk."), $"127.0.0.1:{port}", "10");
        await site.StartListenerAsync();
        await site.StartRunnerAsync();

        (await site.SendmailAsync("Subject: out\n\n.leading dot\n", "-i", "bob@remote.example")).Succeeded();

        var sunk = await Eventually.HoldsAsync(
            () => Directory.GetFiles(site.File(""), "sunk.*"),
            files => files.Any(file => System.IO.File.ReadAllText(file).Contains("leading dot", StringComparison.Ordinal)),
            files => System.IO.File.ReadAllText(files[0]),
            () => $"the message at smtp-sink\n{sink.Said}");
        Assert.Contains("Subject: out", sunk);
        Assert.Contains("\n.leading dot\n", sunk);
        await Eventually.HoldsAsync(
            () => site.PostofficeAsync("history", "--json", "--to", "bob@remote.example").Result.Output.Contains("\"delivered\"", StringComparison.Ordinal),
            () => "delivered in the history");
    }

    /// <summary>Needs root, as exchangers listen on port 25, and an address of this machine beside loopback, which no exchanger's may be.</summary>
    [Fact]
    public async Task Without_a_relay_host_the_dns_says_where_mail_goes()
    {
        var here = LocalDomains.OwnAddresses().First(address => address.AddressFamily is AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));
        await using var dns = new ScriptedDns(
            ("remote.example", "MX 10 away.remote.example"), ("remote.example", "MX 20 mx.remote.example"),
            ("away.remote.example", "A 127.0.0.26"), ("mx.remote.example", $"A {here}"), ("nomail.example", "MX 0 ."));
        await using var site = new Site($"resolver={dns.Server}");
        await using var sink = Service.Start(OutsideProgram.Require("smtp-sink"), "-u", Site.User, "-v", "-D", site.File("sunk."), $"{here}:25", "10");
        await site.StartListenerAsync();
        await site.StartRunnerAsync();

        (await site.SendmailAsync("Subject: out\n\nby the DNS\n", "-f", Site.Address, "bob@remote.example", "carol@nomail.example")).Succeeded();

        await Eventually.HoldsAsync(
            () => Directory.GetFiles(site.File(""), "sunk.*").Any(file => System.IO.File.ReadAllText(file).Contains("by the DNS", StringComparison.Ordinal)),
            () => $"the message at smtp-sink\n{sink.Said}");
        var bounce = Assert.Single(await site.MailAsync(1));
        Assert.Contains("nomail.example accepts no mail", bounce);
        Assert.Contains("5.1.10", bounce);
        await Eventually.HoldsAsync(
            () => site.PostofficeAsync("history", "--json", "--to", "bob@remote.example").Result.Output.Contains("\"delivered\"", StringComparison.Ordinal),
            () => "delivered in the history");
    }

    [Fact]
    public async Task Mail_waits_in_the_queue_while_the_next_hop_is_away_and_goes_when_it_is_back()
    {
        var port = Site.FreePort();
        await using var site = new Site($"relay-host=127.0.0.1:{port}", "retry=1h");
        await site.StartListenerAsync();
        await site.StartRunnerAsync();
        (await site.SendmailAsync("Subject: later\n\nhello\n", "bob@remote.example")).Succeeded();
        await Eventually.HoldsAsync(
            () => site.RunAsync("mailq").Result.Output.Contains("refused", StringComparison.OrdinalIgnoreCase),
            () => "the reason in mailq");

        await using var sink = Service.Start(OutsideProgram.Require("smtp-sink"), "-u", Site.User, $"127.0.0.1:{port}", "10");
        await Eventually.HoldsAsync(
            () => site.RunAsync("runq").Result.ExitCode == 0 && site.RunAsync("mailq").Result.Output == "Mail queue is empty.\n",
            () => "an empty queue after runq");
    }
}

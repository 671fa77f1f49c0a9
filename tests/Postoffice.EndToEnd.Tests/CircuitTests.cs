using Microsoft.Data.Sqlite;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>A dead next hop gets no more attempts for a while; operators see it, and can end it.</summary>
public sealed class CircuitTests
{
    private const int Failures = 5; // that open a circuit
    private static readonly string[] TakesOne = ["220 hi", "250 peer", "250 ok", "250 ok", "354 go", "250 taken", "221 bye"];

    [Fact]
    public async Task While_it_is_open_nothing_is_dialled_until_an_operator_asks_for_it()
    {
        await using var hop = new LaterHop();
        await using var site = new Site($"relay-host={hop.Place}", "retry=1h", "messages-per-connection=1");
        await site.StartAsync();
        await OpenAsync(site, hop);

        await using var peer = new ScriptedPeer(hop.Address, LaterHop.Port, TakesOne);
        var late = await site.SendAsync("late@remote.example");
        await site.SendAsync(Site.Address); // in the mailbox after the schedule has met what came before it
        await site.MailAsync(1);
        Assert.Equal(0, peer.Connections);
        Assert.DoesNotContain("attempt-started", await site.TraceAsync(late));
        Assert.Contains($"\"waiting\":{Failures + 1},", (await site.PostofficeAsync("destinations", "--json")).Succeeded());

        (await site.RunAsync("runq", "-v")).Succeeded();

        Assert.Contains("is empty", await site.MailqAsync());
        Assert.Equal(Failures + 1, peer.Connections);
        Assert.Equal(["circuit-opened.v1", "circuit-closed.v1"], Facts(site, hop).Select(fact => fact.Name));
        Assert.Contains("Connection refused", Facts(site, hop)[0].Data);
        Assert.Contains("an operator asked for an attempt", Facts(site, hop)[1].Data);
        Assert.DoesNotContain("not tried until", (await site.PostofficeAsync("destinations")).Succeeded());
    }

    [Fact]
    public async Task Destinations_tells_since_when_until_when_and_why_with_and_without_a_runner()
    {
        await using var hop = new LaterHop();
        await using var site = new Site($"relay-host={hop.Place}", "retry=1h");
        var runner = await site.StartAsync();
        await OpenAsync(site, hop);
        (await site.PostofficeAsync("hold", await site.SendAsync("held@remote.example"))).Succeeded();

        var text = (await site.PostofficeAsync("destinations", "--utc")).Succeeded();
        Assert.Matches(
            $"(?m)^{hop.Place} +not tried until [0-9: -]+.*  waiting {Failures}  trying 0  held 1  attempts 0 of [1-5]  {hop.Address} \\({hop.Place}\\): Connection refused$", text);
        var json = (await site.PostofficeAsync("destinations", "--json")).Succeeded();
        Assert.Matches(
            $"""
            "destination":"{hop.Place}","waiting":{Failures},"trying":0,"held":1,"lastReply":"{hop.Address} \({hop.Place}\): Connection refused","running":0,"limit":[1-5],"openSince":"[^"]+","openUntil":"[^"]+"
            """, json);

        await runner.StopAsync();
        var alone = await site.PostofficeAsync("destinations");
        Assert.Matches($"(?m)^{hop.Place} +not tried until .*Connection refused$", alone.Succeeded());
        Assert.Equal("postoffice: postoffice-runner does not run, so nothing is tried; this is what the store knows.\n", alone.Error);
    }

    [Fact]
    public async Task A_runner_killed_meanwhile_begins_anew_and_mail_that_was_not_tried_goes()
    {
        await using var hop = new LaterHop();
        await using var site = new Site($"relay-host={hop.Place}", "retry=1h");
        var runner = await site.StartAsync();
        await OpenAsync(site, hop);
        var late = await site.SendAsync("late@remote.example");
        Assert.Equal("circuit-opened.v1", Assert.Single(Facts(site, hop)).Name);

        await runner.KillAsync();
        await hop.StartAsync();
        await site.StartRunnerAsync();

        await site.TracedAsync(late, "delivered");
        Assert.Equal(["circuit-opened.v1", "circuit-closed.v1"], Facts(site, hop).Select(fact => fact.Name));
        Assert.Contains("the runner began anew", Facts(site, hop)[1].Data);
        Assert.Contains($"waiting {Failures}", (await site.PostofficeAsync("destinations")).Succeeded()); // an hour is an hour
    }

    [Fact]
    public async Task What_an_operator_asks_for_in_vain_opens_it_again()
    {
        await using var hop = new LaterHop();
        await using var site = new Site($"relay-host={hop.Place}", "retry=1h");
        await site.StartAsync();
        await OpenAsync(site, hop);

        (await site.RunAsync("runq", "-v")).Succeeded();

        Assert.Equal(["circuit-opened.v1", "circuit-closed.v1", "circuit-opened.v1"], Facts(site, hop).Select(fact => fact.Name));
        Assert.Contains("not tried until", (await site.PostofficeAsync("destinations")).Succeeded());
    }

    /// <summary>As many messages as it takes, and waits until the store says that it is open.</summary>
    private static async Task OpenAsync(Site site, LaterHop hop)
    {
        for (var number = 1; number <= Failures; number++) await site.SendAsync($"user{number}@remote.example");
        await Eventually.HoldsAsync(
            () => site.PostofficeAsync("destinations").Result.Output is var seen
                && seen.Contains("not tried until", StringComparison.Ordinal) && seen.Contains($"waiting {Failures}  trying 0", StringComparison.Ordinal),
            () => $"an open circuit for {hop.Place}");
    }

    /// <summary>What the journal says of the next hop, in order.</summary>
    private static List<(string Name, string Data)> Facts(Site site, LaterHop hop)
    {
        using var store = new SqliteConnection($"Data Source={site.StorePath};Mode=ReadOnly;Pooling=False");
        store.Open();
        using var facts = store.CreateCommand();
        facts.CommandText = "SELECT name, data FROM event WHERE stream = $stream ORDER BY version";
        facts.Parameters.AddWithValue("$stream", $"destination/{hop.Place}");
        using var rows = facts.ExecuteReader();
        var found = new List<(string, string)>();
        while (rows.Read()) found.Add((rows.GetString(0), rows.GetString(1)));
        return found;
    }
}

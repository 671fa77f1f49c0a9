using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>A runner is killed when a next hop has the whole message and has not answered yet: nobody knows whether it took it.</summary>
public sealed class InDoubtTests
{
    private const string FinalDot = "\r\n.\r\n";
    private const string CutOff = "in doubt: cut off; the next hop may have taken it";

    [Fact]
    public async Task With_hold_it_waits_for_an_operator_who_may_release_it()
    {
        await using var peer = NewPeer();
        await using var site = new Site($"relay-host=127.0.0.1:{peer.Port}", "in-doubt=hold");
        var id = await KilledAsync(site, peer);

        Assert.Contains(CutOff, await site.TracedAsync(id, "message-held.v1"));
        Assert.Matches($"!{id}!(.*\n)+.*held by .*in doubt", await site.MailqAsync());
        Assert.Contains("\"in-doubt\"", (await site.PostofficeAsync("history", "--json", "--to", "bob@remote.example")).Succeeded());
        Assert.Contains(id, (await site.PostofficeAsync("history", "--status", "in-doubt")).Succeeded());
        (await site.RunAsync("runq", "-v")).Succeeded();
        Assert.Equal(1, peer.Connections);

        (await site.PostofficeAsync("release", id, "--reason", "they did not get it")).Succeeded();

        await site.TracedAsync(id, "recipient 1: delivered");
        Assert.Equal((2, 2), (peer.Connections, peer.Received.CountOf(FinalDot)));
    }

    [Fact]
    public async Task With_retry_it_is_sent_again()
    {
        await using var peer = NewPeer();
        await using var site = new Site($"relay-host=127.0.0.1:{peer.Port}", "in-doubt=retry");
        var id = await KilledAsync(site, peer);

        var trace = await site.TracedAsync(id, "recipient 1: delivered");

        Assert.Matches($"(?s)attempt 1: .*settled after a restart\n    recipient 1: {CutOff}; next attempt .*attempt 2: ", trace);
        Assert.Equal((2, 2), (peer.Connections, peer.Received.CountOf(FinalDot)));
    }

    /// <summary>Takes all of a message and never answers; on later connections it answers.</summary>
    private static ScriptedPeer NewPeer() => new("220 hi", "250 peer", "250 ok", "250 ok", "354 go", ScriptedPeer.Silence)
    {
        ScriptAfterwards = ["220 hi", "250 peer", "250 ok", "250 ok", "354 go", "250 taken", "221 bye"],
    };

    /// <summary>Sends a message and kills the runner behind the final dot; another one is at work then.</summary>
    private static async Task<string> KilledAsync(Site site, ScriptedPeer peer)
    {
        var runner = await site.StartAsync();
        var id = await site.SendAsync("bob@remote.example");
        await Eventually.HoldsAsync(() => peer.Received.Contains(FinalDot, StringComparison.Ordinal), () => $"the final dot in\n{peer.Received}");
        await runner.KillAsync();
        Assert.Contains($"*{id}*", await site.MailqAsync());
        await site.StartRunnerAsync();
        return id;
    }
}

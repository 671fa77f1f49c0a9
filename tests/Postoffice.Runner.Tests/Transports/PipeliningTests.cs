using Postoffice.Runner.Tests.Peers;
using Postoffice.Runner.Transports;
using Postoffice.Testing;
using static Postoffice.Runner.Tests.Transports.TransactionRig;

namespace Postoffice.Runner.Tests.Transports;

/// <summary>RFC 2920: commands together, replies one by one.</summary>
public sealed class PipeliningTests : IDisposable
{
    private readonly TransactionRig rig = new();

    public void Dispose() => rig.Dispose();

    [Theory]
    [InlineData("delivered delivered", Ok, Ok, Ok, Go, Ok)]
    [InlineData("delivered 550", Ok, Ok, "550 5.1.1 who", Go, Ok)]
    [InlineData("450 delivered", Ok, "450 4.2.1 busy", Ok, Go, Ok)]
    [InlineData("delivered put-off 552", Ok, Ok, "552 too many recipients", Go, Ok)]
    [InlineData("delivered 552", Ok, Ok, "552 5.2.2 mailbox full", Go, Ok)]
    [InlineData("552 552", Ok, "552 no", "552 no", "503 no")]
    [InlineData("450 550", Ok, "450 4.2.1 busy", "550 5.1.1 who", "503 no recipients")]
    [InlineData("550 550", Ok, "550 who", "550 who", ScriptedPeer.Close)]
    [InlineData("550 550", "550 5.1.8 bad sender", "503 no", "503 no", "503 no")]
    [InlineData("550 550", "550 5.1.8 bad sender", "503 no", "503 no", Go, "503 no")]
    [InlineData("550 550", "550 5.1.8 bad sender", ScriptedPeer.Close)]
    [InlineData("early 452", "452 4.3.1 full", "503 no", "503 no", "503 no")]
    [InlineData("early 421", "421 4.3.2 closing")]
    [InlineData("early lost", ScriptedPeer.Close)]
    [InlineData("early lost", ScriptedPeer.Silence)]
    [InlineData("421 421", Ok, "421 4.3.2 closing")]
    [InlineData("421 421", Ok, Ok, "421 4.3.2 closing", Go)]
    [InlineData("550 421", Ok, "550 who", "421 4.3.2 closing", ScriptedPeer.Close)]
    [InlineData("unreached unreached", Ok, Ok, ScriptedPeer.Close)]
    [InlineData("550 unreached", Ok, "550 who", ScriptedPeer.Silence)]
    [InlineData("unreached unreached", Ok, Ok, Ok, ScriptedPeer.Close)]
    [InlineData("unreached 550", Ok, Ok, "550 who", ScriptedPeer.Close)]
    [InlineData("451 451", Ok, Ok, Ok, "451 4.3.0 not now")]
    [InlineData("put-off 250 put-off 250", Ok, Ok, Ok, "250 confused")]
    [InlineData("put-off 354 unreached", Ok, Go, ScriptedPeer.Silence)]
    [InlineData("554 554", Ok, Ok, Ok, Go, "554 5.6.0 not that")]
    [InlineData("put-off 354 put-off 354", Ok, Ok, Ok, Go, "354 more?")]
    [InlineData("in-doubt in-doubt", Ok, Ok, Ok, Go, ScriptedPeer.Close)]
    public async Task Each_command_has_its_own_reply(string expected, params string[] replies)
    {
        await using var peer = new ScriptedPeer(["220 hi", Pipelining, .. replies]);
        Assert.Equal(expected, await rig.RunAsync(peer));
    }

    [Theory]
    [InlineData(Ok, "550 who", "450 busy", Go, "554 no recipients")]
    [InlineData("550 not you", "503 no", "503 no", Go, "503 no")]
    public async Task A_message_without_recipients_is_ended_with_nothing_in_it(params string[] replies)
    {
        await using var peer = new ScriptedPeer(["220 hi", Pipelining, .. replies]);
        await rig.RunAsync(peer);

        Assert.EndsWith("\r\nDATA\r\n.\r\n", peer.Received);
    }

    [Theory]
    [InlineData("250 sender\r\n250 first\r\n250 second\r\n354 go\r\n250 taken")]
    [InlineData("250 sender\r\n250 and one more")]
    public async Task Who_says_more_than_it_was_asked_has_delivered_nothing(string mail)
    {
        await using var peer = new ScriptedPeer("220 hi", Pipelining, mail, Ok, Ok, Go, Ok);
        Assert.DoesNotContain("delivered", await rig.RunAsync(peer));
    }

    [Fact]
    public async Task An_answer_before_the_end_of_the_content_is_an_answer_to_something_else()
    {
        var peer = new AnsweringStream(written => written switch
        {
            _ when written.StartsWith("EHLO", StringComparison.Ordinal) => $"{Pipelining}\r\n",
            _ when written.StartsWith("MAIL", StringComparison.Ordinal) => "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n",
            _ when written.StartsWith("Subject", StringComparison.Ordinal) => "250 this is about something else\r\n",
            _ => "554 not taken\r\n",
        });
        await peer.SayAsync("220 hi\r\n");

        Assert.Equal("unreached unreached", await rig.RunAsync(peer));
        Assert.DoesNotContain(".\r\n", peer.Writes);
    }

    [Fact]
    public async Task Up_to_the_content_all_goes_out_in_one_write()
    {
        var peer = new AnsweringStream(AcceptEverything);
        await peer.SayAsync("220 hi\r\n");

        Assert.Equal("delivered delivered", await rig.RunAsync(peer));
        Assert.Equal(
            [
                "EHLO mx.example.test\r\n",
                "MAIL FROM:<alice@example.net>\r\nRCPT TO:<bob@example.test>\r\nRCPT TO:<carol@example.test>\r\nDATA\r\n",
                "Subject: hi\r\n\r\nhello\r\n",
                ".\r\n",
            ],
            peer.Writes);
    }

    [Fact]
    public async Task A_peer_that_does_not_offer_it_gets_one_command_at_a_time()
    {
        var peer = new AnsweringStream(written => written.StartsWith("EHLO", StringComparison.Ordinal) ? "250 peer\r\n" : AcceptEverything(written));
        await peer.SayAsync("220 hi\r\n");

        Assert.Equal("delivered delivered", await rig.RunAsync(peer));
        Assert.All(peer.Writes.Take(5), write => Assert.Equal(write.Length - 2, write.IndexOf("\r\n", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task No_write_is_larger_than_a_socket_surely_takes()
    {
        string[] many = [.. Enumerable.Range(1, 1_000).Select(i => $"recipient-number-{i}@example.test")];
        var peer = new AnsweringStream(AcceptEverything);
        await peer.SayAsync("220 hi\r\n");

        Assert.Equal(string.Join(' ', many.Select(_ => "delivered")), await rig.RunAsync(peer, to: many));
        Assert.All(peer.Writes, write => Assert.InRange(write.Length, 1, CommandWindow.MaxCharacters));
        Assert.InRange(peer.Writes.Count, 7, 12);
    }

    /// <summary>Writing all at once, the two would wait for each other: neither reads what the other cannot get rid of.</summary>
    [Fact]
    public async Task A_peer_that_reads_nothing_until_its_long_replies_are_read_stops_nobody()
    {
        string[] many = [.. Enumerable.Range(1, 1_000).Select(i => $"recipient-number-{i}@example.test")];
        var wordy = string.Join("\r\n", Enumerable.Repeat($"250-{new string('x', 1_000)}", 60)) + "\r\n250 ok";
        await using var peer = new ScriptedPeer(["220 hi", Pipelining, Ok, .. many.Select(_ => wordy), Go, Ok]);
        using var patient = new TransactionRig { Patience = TimeSpan.FromSeconds(30) };

        Assert.Equal(string.Join(' ', many.Select(_ => "delivered")), await patient.RunAsync(peer, to: many));
    }

    private static string AcceptEverything(string written)
    {
        if (written.StartsWith("EHLO", StringComparison.Ordinal)) return $"{Pipelining}\r\n";
        if (written == ".\r\n") return "250 ok\r\n";
        var replies = written.Split("\r\n")[..^1].Select(line => line == "DATA" ? Go : Ok);
        return written.StartsWith("Subject", StringComparison.Ordinal) ? "" : string.Concat(replies.Select(reply => $"{reply}\r\n"));
    }
}

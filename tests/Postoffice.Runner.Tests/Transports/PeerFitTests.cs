using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Testing;
using static Postoffice.Runner.Tests.Transports.TransactionRig;

namespace Postoffice.Runner.Tests.Transports;

/// <summary>What a message needs and a peer does not offer is found out before MAIL; another exchanger may take it.</summary>
public sealed class PeerFitTests : IDisposable
{
    private const string Ascii = "Subject: hi\r\n\r\nhello\r\n"; // 22 octets
    private const string EightBody = "Subject: hi\r\n\r\nhell\u00c3\u00b6\r\n";
    private const string EightHeader = "Subject: h\u00c3\u00af\r\n\r\nhello\r\n";
    private readonly TransactionRig rig = new();

    public void Dispose() => rig.Dispose();

    [Theory]
    [InlineData("unfit 5.3.4", "250-peer\r\n250 SIZE 21")]
    [InlineData("unfit 5.3.4", "250-peer\r\n250 size 1")]
    [InlineData("delivered delivered", "250-peer\r\n250 SIZE 22")]
    [InlineData("delivered delivered", "250-peer\r\n250 SIZE 0")]
    [InlineData("delivered delivered", "250-peer\r\n250 SIZE")]
    [InlineData("delivered delivered", "250-peer\r\n250 SIZE -1")]
    [InlineData("delivered delivered", "250-peer\r\n250 SIZE 99999999999999999999")]
    [InlineData("delivered delivered", "250 SIZE 1")] // the server's name
    public async Task More_than_a_peer_takes_is_not_begun(string expected, string hello)
    {
        await using var peer = new ScriptedPeer("220 hi", hello, Ok, Ok, Ok, Go, Ok);

        Assert.Equal(expected, await rig.RunAsync(peer, content: Octets.Of(Ascii)));
        Assert.Equal(expected.StartsWith("delivered", StringComparison.Ordinal), peer.Received.Contains("MAIL", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("delivered delivered", "", "", null, Ascii)]
    [InlineData("delivered delivered", "", "", "8BITMIME", Ascii)]
    [InlineData("delivered delivered", "8BITMIME", " BODY=8BITMIME", "8BITMIME", EightBody)]
    [InlineData("delivered delivered", "8BITMIME", "", null, EightBody)]
    [InlineData("delivered delivered", "8BITMIME", "", null, EightHeader)]
    [InlineData("unfit 5.6.3", "", null, "8BITMIME", EightBody)]
    [InlineData("unfit 5.6.3", "", null, null, EightBody)]
    [InlineData("unfit 5.6.3", "SMTPUTF8", null, null, EightHeader)]
    public async Task Eight_bits_go_only_where_they_are_taken(string expected, string offer, string? parameter, string? body, string content)
    {
        await using var peer = new ScriptedPeer("220 hi", $"250-peer\r\n250 {offer}", Ok, Ok, Ok, Go, Ok);

        Assert.Equal(expected, await rig.RunAsync(peer, accepted => accepted with { Body = body }, Octets.Of(content)));
        AssertMail(peer, parameter);
    }

    [Theory]
    [InlineData("250 8BITMIME", " BODY=8BITMIME", null)]
    [InlineData("250 8BITMIME", " BODY=8BITMIME", "7BIT")] // whatever the client said
    public async Task Eight_bits_that_were_seen_at_acceptance_are_declared(string offer, string parameter, string? body)
    {
        await using var peer = new ScriptedPeer("220 hi", $"250-peer\r\n{offer}", Ok, Ok, Ok, Go, Ok);

        Assert.Equal("delivered delivered", await rig.RunAsync(peer, accepted => accepted with { Body = body, EightBit = true }, Octets.Of(EightBody)));
        AssertMail(peer, parameter);
    }

    [Theory]
    [InlineData("delivered delivered", "250-8BITMIME\r\n250 SMTPUTF8", " SMTPUTF8", true, "alice@example.net", EightHeader)]
    [InlineData("delivered delivered", "250-8BITMIME\r\n250 SMTPUTF8", " SMTPUTF8", false, "жук@example.net", Ascii)]
    [InlineData("delivered delivered", "250 8BITMIME", "", true, "alice@example.net", Ascii)]
    [InlineData("delivered delivered", "250 8BITMIME", "", true, "alice@example.net", EightBody)]
    [InlineData("delivered delivered", "250 8BITMIME", "", false, "alice@example.net", EightHeader)]
    [InlineData("unfit 5.6.9", "250 8BITMIME", null, true, "alice@example.net", EightHeader)]
    [InlineData("unfit 5.6.7", "250 8BITMIME", null, true, "жук@example.net", Ascii)]
    public async Task Utf8_in_envelope_or_header_goes_only_where_it_is_taken(
        string expected, string offers, string? parameter, bool asked, string from, string content)
    {
        await using var peer = new ScriptedPeer("220 hi", $"250-peer\r\n{offers}", Ok, Ok, Ok, Go, Ok);

        Assert.Equal(expected, await rig.RunAsync(
            peer, accepted => accepted with { SmtpUtf8 = asked, From = ReversePath.Parse(from) }, Octets.Of(content)));
        AssertMail(peer, parameter);
    }

    [Fact]
    public async Task Where_addresses_are_beyond_ascii_another_exchanger_may_take_them()
    {
        await using var peer = new ScriptedPeer("220 hi", "250-peer\r\n250 8BITMIME");
        Assert.Equal("unfit 5.6.7", await rig.RunAsync(peer, to: ["жук@example.test", "ёж@example.test"]));
    }

    [Fact]
    public async Task Somebody_known_here_by_a_local_part_alone_has_our_name_elsewhere()
    {
        await using var peer = new ScriptedPeer("220 hi", "250 peer", Ok, Ok, Go, Ok);

        Assert.Equal("delivered", await rig.RunAsync(peer, to: ["games"]));
        Assert.Contains("RCPT TO:<games@mx.example.test>\r\n", peer.Received);
    }

    private static void AssertMail(ScriptedPeer peer, string? parameter)
    {
        if (parameter is null) Assert.DoesNotContain("MAIL", peer.Received);
        else Assert.Matches($"MAIL FROM:<[^>]*>{parameter}\r\n", peer.Received);
    }
}

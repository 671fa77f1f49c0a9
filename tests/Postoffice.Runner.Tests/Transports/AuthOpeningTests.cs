using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Postoffice.Runner.Conversations;
using Postoffice.Runner.Routing;
using Postoffice.Runner.Tests.Transports.Sasl;
using Postoffice.Runner.Transports;
using Postoffice.Runner.Transports.Sasl;
using Postoffice.Store.Mail;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Transports;

/// <summary>Whatever a server makes of our credentials: mail goes, or it waits with a reason for the operator. It never fails for them.</summary>
public sealed class AuthOpeningTests : IDisposable
{
    private const string User = "alice@isp.example", Password = "canary-4uT7";
    private const string Greeting = "220 hi", Bye = "221 bye", Welcome = "235 2.7.0 welcome";
    private readonly TestAuthority authority = new();
    private readonly X509Certificate2 certificate;

    public AuthOpeningTests() => certificate = authority.Issue(OpeningRig.Host);

    public void Dispose()
    {
        certificate.Dispose();
        authority.Dispose();
    }

    [Theory]
    [InlineData("SCRAM-SHA-1 LOGIN PLAIN SCRAM-SHA-256", "SCRAM-SHA-256")]
    [InlineData("SCRAM-SHA-1 LOGIN PLAIN", "SCRAM-SHA-1")]
    [InlineData("scram-sha-256-plus login plain", "PLAIN")]
    [InlineData("XOAUTH2 LOGIN", "LOGIN")]
    public async Task The_best_mechanism_offered_is_used(string offered, string used)
    {
        var scram = new ScramServer(used == "SCRAM-SHA-1" ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256, Password);
        string[] exchange = used switch
        {
            "PLAIN" => [Welcome],
            "LOGIN" => ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", Welcome],
            _ => [ScriptedPeer.Ask, ScriptedPeer.Ask, ScriptedPeer.Ask],
        };
        await using var peer = Peer(offered, scram.Reply, exchange);
        using var rig = Rig();

        var opened = await rig.OpenAsync(peer.Port);

        Assert.Equal("tls", opened.Told);
        Assert.Contains($"\r\nAUTH {used}", peer.Received);
        Assert.EndsWith("\r\nQUIT\r\n", peer.Received);
        if (used == "PLAIN") Assert.Contains($"AUTH PLAIN {Base64($"\0{User}\0{Password}")}\r\n", peer.Received);
        if (used == "LOGIN") Assert.Contains($"AUTH LOGIN\r\n{Base64(User)}\r\n{Base64(Password)}\r\n", peer.Received);
    }

    [Theory]
    [InlineData("LOGIN", "535 5.7.8 bad\u001b[2J credentials", @"LOGIN as alice@isp.example was refused: 535 5.7.8 bad\x1B[2J credentials")]
    [InlineData("PLAIN", "535 5.7.8 who", "PLAIN as alice@isp.example was refused: 535 5.7.8 who")]
    [InlineData("PLAIN", "454 4.7.0 not now", "PLAIN as alice@isp.example was refused: 454 4.7.0 not now")]
    [InlineData("PLAIN", "504 5.5.4 what", "PLAIN as alice@isp.example was refused: 504 5.5.4 what")]
    [InlineData("PLAIN", "250 fine", "PLAIN as alice@isp.example was refused: 250 fine")]
    [InlineData("PLAIN", "334 ", "PLAIN failed: it asks on")]
    [InlineData("LOGIN", "334 not base64!", "LOGIN failed: its challenge is not base64")]
    [InlineData("SCRAM-SHA-256", "334 cj1vdGhlcixzPVcyMlosaT00MDk2", "SCRAM-SHA-256 failed: its nonce does not go on from ours")]
    [InlineData("SCRAM-SHA-256", "235 2.7.0 anybody is welcome", "SCRAM-SHA-256 failed: it has not proved that it knows the password")]
    [InlineData("CRAM-MD5 GSSAPI", "", "it offers no mechanism of AUTH that we know")]
    [InlineData("", "", "it does not offer AUTH")]
    [InlineData("PLAIN", ScriptedPeer.Close, "the peer closed the connection")]
    [InlineData("PLAIN", ScriptedPeer.Silence, "no answer within")]
    public async Task Trouble_makes_mail_wait(string offered, string reply, string reason)
    {
        await using var peer = Peer(offered, null, reply, "501 5.7.0 cancelled", "501 5.7.0 cancelled");
        using var rig = Rig(patience: reply == ScriptedPeer.Silence ? TimeSpan.FromMilliseconds(300) : null);

        var opened = await rig.OpenAsync(peer.Port);

        Assert.Equal("no: auth", opened.Told);
        Assert.StartsWith($"mx.remote.example: {reason}", opened.Reason);
    }

    [Theory]
    [InlineData("nonce", "its nonce does not go on from ours")]
    [InlineData("signature", "its signature is wrong")]
    [InlineData("no proof", "it has not proved that it knows the password")]
    [InlineData("iterations", "its iteration count is not from 4096 to 1000000")]
    [InlineData("password", "SCRAM-SHA-256 as alice@isp.example was refused: 535 5.7.8 who are you")]
    public async Task A_server_that_does_not_know_the_password_gets_no_mail(string lie, string reason)
    {
        var scram = new ScramServer(HashAlgorithmName.SHA256, lie == "password" ? "another" : Password, lie == "iterations" ? 1 : 4096)
        {
            WrongNonce = lie == "nonce" ? "wrong" : null,
            HasWrongSignature = lie == "signature",
            GivesNoProof = lie == "no proof",
        };
        await using var peer = Peer("SCRAM-SHA-256", line => line == "*" ? "501 cancelled" : scram.Reply(line), [.. Enumerable.Repeat(ScriptedPeer.Ask, 5)]);
        using var rig = Rig();

        var opened = await rig.OpenAsync(peer.Port);

        Assert.Equal("no: auth", opened.Told);
        Assert.Contains(reason, opened.Reason);
        Assert.DoesNotContain("MAIL", peer.Received);
    }

    [Theory]
    [InlineData("PLAIN")]
    [InlineData("LOGIN")]
    public async Task Challenges_without_end_are_cancelled(string mechanism)
    {
        await using var peer = Peer(mechanism, _ => "334 VXNlcm5hbWU6", [.. Enumerable.Repeat(ScriptedPeer.Ask, 50)]);
        using var rig = Rig();

        var opened = await rig.OpenAsync(peer.Port);

        Assert.Contains($"it asks on where {mechanism} has nothing more to say", opened.Reason);
        Assert.EndsWith("\r\n*\r\n", peer.Received);
    }

    [Theory]
    // Who the peer is, what it offers, and whether TLS was tried and failed: does the password go over the line?
    [InlineData("127.0.0.1", "PLAIN LOGIN", false, "clear")]
    [InlineData("192.0.2.1", "PLAIN LOGIN", false, "no: auth")]
    [InlineData("192.0.2.1", "PLAIN LOGIN SCRAM-SHA-256", false, "clear")]
    [InlineData("127.0.0.1", "PLAIN LOGIN", true, "no: auth")]
    [InlineData("127.0.0.1", "PLAIN LOGIN SCRAM-SHA-256", true, "clear")]
    public async Task In_the_clear_a_password_goes_to_this_machine_alone_and_never_where_tls_was_kept_from_us(
        string address, string offered, bool fallsBack, string expected)
    {
        var scram = new ScramServer(HashAlgorithmName.SHA256, Password);
        string Answer(string line) => line.StartsWith("AUTH PLAIN", StringComparison.Ordinal) ? Welcome : scram.Reply(line);
        string[] inTheClear = [Greeting, $"250-peer\r\n250 AUTH {offered}", ScriptedPeer.Ask, .. offered.Contains("SCRAM", StringComparison.Ordinal) ? new[] { ScriptedPeer.Ask, ScriptedPeer.Ask } : [], Bye];
        await using var peer = fallsBack
            ? new ScriptedPeer(Greeting, "250-peer\r\n250 STARTTLS", "454 4.7.0 not now") { ScriptAfterwards = inTheClear, Answer = Answer }
            : new ScriptedPeer(inTheClear) { Answer = Answer };
        using var rig = Rig(address: address);

        var opened = await rig.OpenAsync(peer.Port);

        Assert.Equal(expected, opened.Told);
        if (opened.Early is not null) Assert.DoesNotContain("AUTH", peer.Received);
    }

    [Fact]
    public async Task Hosts_that_the_dns_names_do_not_learn_who_we_are()
    {
        await using var peer = new ScriptedPeer(Greeting, "250-peer\r\n250 AUTH PLAIN", Bye);
        using var rig = Rig();
        Assert.True(DomainName.TryParse(OpeningRig.Host, out var domain));

        Assert.Equal("clear", (await rig.OpenAsync(peer.Port, new Route.Exchange(domain))).Told);
        Assert.DoesNotContain("AUTH", peer.Received);
    }

    [Fact]
    public async Task A_first_message_too_long_for_the_command_waits_for_the_empty_challenge()
    {
        var password = new string('p', 255);
        var name = new string('u', 255);
        await using var peer = Peer("PLAIN", null, "334 ", Welcome);
        using var rig = Rig(credentials: $"{OpeningRig.Host} {name} {password}");

        Assert.Equal("tls", (await rig.OpenAsync(peer.Port)).Told);
        Assert.Contains($"\r\nAUTH PLAIN\r\n{Base64($"\0{name}\0{password}")}\r\n", peer.Received);
    }

    /// <summary>R05, G03 of the attack catalogue: also a server that repeats what it was told gives nothing away.</summary>
    [Fact]
    public async Task Who_listens_learns_no_secret_whatever_the_server_repeats()
    {
        var heard = new HeardLines();
        await using var login = Peer("LOGIN", line => $"334 {Base64($"more? {line}")}", ScriptedPeer.Ask, "334 UGFzc3dvcmQ6", ScriptedPeer.Ask, ScriptedPeer.Ask);
        await using var echo = Peer("PLAIN", line => $"535 5.7.8 what is {line}?", ScriptedPeer.Ask);
        await using var plainEcho = Peer("PLAIN", _ => $"535 5.7.8 {Password} is no password for you", ScriptedPeer.Ask);
        var scram = new ScramServer(HashAlgorithmName.SHA256, "another");
        await using var scramEcho = Peer("SCRAM-SHA-256", line => line.StartsWith("AUTH", StringComparison.Ordinal) ? scram.Reply(line) : $"535 {line}", ScriptedPeer.Ask, ScriptedPeer.Ask);
        using var rig = Rig(heard: heard);

        var reasons = new List<string>();
        foreach (var peer in new[] { login, echo, plainEcho, scramEcho }) reasons.Add((await rig.OpenAsync(peer.Port)).Reason);

        string[] secrets = [Password, Base64(Password), Base64($"\0{User}\0{Password}"), Base64($"n,,n={User}")[..16]];
        var all = string.Join('\n', [.. reasons, .. heard.Lines]);
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, all));
        Assert.DoesNotMatch("p=[A-Za-z0-9+/]{20}", all);
        Assert.Contains("PLAIN as alice@isp.example was refused: 535 5.7.8 ***", all);
    }

    private OpeningRig Rig(TimeSpan? patience = null, string? credentials = null, string? address = null, IConversation? heard = null) => new()
    {
        Credentials = credentials ?? $"{OpeningRig.Host} {User} {Password}",
        Patience = patience ?? TimeSpan.FromSeconds(20),
        Address = address == "192.0.2.1" ? new IPAddress([192, 0, 2, 1]) : IPAddress.Loopback,
        Heard = heard,
    };

    /// <summary>Under TLS, after which it offers these mechanisms.</summary>
    private ScriptedPeer Peer(string offered, Func<string, string>? answer, params string[] exchange) =>
        new([Greeting, "250-peer\r\n250 STARTTLS", ScriptedPeer.StartTls, offered.Length == 0 ? "250 peer" : $"250-peer\r\n250 AUTH {offered}", .. exchange, Bye])
        {
            Certificate = certificate,
            Answer = answer,
        };

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>What the session tells, before anything masks it.</summary>
    private sealed class HeardLines : IConversation
    {
        public List<string> Lines { get; } = [];

        public void Sent(string command)
        {
            // Who masks what is sent is the conversation, see SwitchBoardTests.
        }

        public void SentContent(long octets) => throw new InvalidOperationException("no content is due");

        public void Heard(Reply reply)
        {
            if (reply.Code != 334) Lines.Add(reply.ToString()); // likewise
        }

        public void Secured(string tls) => Lines.Add(tls);

        public void BeganAgain(string reason) => Lines.Add(reason);

        public void Closed(string? reason) => Lines.Add(reason ?? "");
    }
}

using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Transports;

/// <summary>T02, T03 and P07 of the attack catalogue: every policy, every fault a server can have or somebody in between can make.</summary>
public sealed class TlsOpeningTests : IDisposable
{
    private const string Greeting = "220 hi";
    private const string Plain = "250-peer\r\n250 SIZE 1000000";
    private const string Offer = "250-peer\r\n250-SIZE 2\r\n250 STARTTLS";
    private readonly TestAuthority authority = new();

    public void Dispose() => authority.Dispose();

    [Theory]
    //            fault         none     may      encrypt    verify
    [InlineData("fine", "clear", "tls", "tls", "verified")]
    [InlineData("expired", "clear", "tls", "tls", "no: tls")]
    [InlineData("wrong name", "clear", "tls", "tls", "no: tls")]
    [InlineData("self-signed", "clear", "tls", "tls", "no: tls")]
    [InlineData("untrusted", "clear", "tls", "tls", "no: tls")]
    [InlineData("not offered", "clear", "clear", "no: tls", "no: tls")]
    [InlineData("HELO only", "clear", "clear", "no: tls", "no: tls")]
    [InlineData("454", "clear", "clear", "no: tls", "no: tls")]
    [InlineData("502", "clear", "clear", "no: tls", "no: tls")]
    [InlineData("421", "clear", "clear", "no: tls", "no: tls")]
    [InlineData("closed", "clear", "clear", "no: tls", "no: tls")]
    [InlineData("broken off", "clear", "clear", "no: tls", "no: tls")]
    [InlineData("words", "clear", "clear", "no: tls", "no: tls")]
    [InlineData("silence", "clear", "clear", "no: tls", "no: tls")]
    [InlineData("injection", "clear", "no: tls", "no: tls", "no: tls")]
    public async Task A_policy_and_a_fault_have_one_outcome(string fault, string none, string may, string encrypt, string verify)
    {
        foreach (var (policy, expected) in new[] { ("none", none), ("may", may), ("encrypt", encrypt), ("verify", verify) })
        {
            using var certificate = Certificate(fault);
            await using var peer = Peer(fault, certificate, startsTls: policy != "none");
            using var rig = Rig(fault, policy);

            var opened = await rig.OpenAsync(peer.Port);

            Assert.Equal($"{policy}: {expected}", $"{policy}: {opened.Told}");
            // In the clear after a fault: recorded, over a connection of its own, and only where TLS is a matter of opportunity.
            var fellBack = policy == "may" && expected == "clear" && fault is not ("not offered" or "HELO only");
            Assert.Equal((fellBack, fellBack ? 2 : 1), (opened.TlsTrouble is not null, peer.Connections));
        }
    }

    [Theory]
    [InlineData("expired", "its certificate expired on 2021-01-01")]
    [InlineData("wrong name", "its certificate is not for mx.remote.example")]
    [InlineData("self-signed", "its certificate is signed by itself alone")]
    [InlineData("untrusted", "its certificate comes from no authority we trust")]
    [InlineData("not offered", "it does not offer STARTTLS")]
    [InlineData("454", "STARTTLS was refused: 454 4.7.0 not \\x1Bnow")]
    [InlineData("closed", "no reply to STARTTLS: the peer closed the connection")]
    [InlineData("words", "the TLS handshake failed: ")]
    [InlineData("broken off", "the TLS handshake failed: ")]
    [InlineData("silence", "the TLS handshake failed: no answer within")]
    public async Task Mail_waits_for_a_reason_that_can_be_read(string fault, string reason)
    {
        using var certificate = Certificate(fault);
        await using var peer = Peer(fault, certificate);
        using var rig = Rig(fault, "verify");

        Assert.StartsWith($"mx.remote.example: {reason}", (await rig.OpenAsync(peer.Port)).Reason);
    }

    /// <summary>By the clock's time: a server that falls silent in the handshake has <c>smtp-tls-timeout=</c> and no more.</summary>
    [Theory]
    [InlineData("silence", "the TLS handshake failed: no answer within 60 s")]
    [InlineData("no reply", "no reply to STARTTLS: no answer within 60 s")]
    public async Task Silence_ends_the_session_when_its_time_is_over(string fault, string reason)
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        using var certificate = Certificate(fault);
        await using var peer = Peer(fault, certificate);
        using var rig = new OpeningRig("tls-policy=*:encrypt") { Clock = clock, Patience = TimeSpan.FromMinutes(1) };

        var began = clock.GetUtcNow();
        var opening = rig.OpenAsync(peer.Port);
        bool IsSilent() => fault == "silence" ? peer.BrokenHandshakes > 0 : peer.Received.Contains("STARTTLS", StringComparison.Ordinal);
        while (!opening.IsCompleted && !IsSilent()) await Task.Yield();
        while (!opening.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal($"mx.remote.example: {reason} (tls-policy is encrypt)", (await opening).Reason);
        Assert.True(clock.GetUtcNow() - began >= TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task The_handshake_asks_for_the_host_and_the_record_names_version_and_cipher()
    {
        using var certificate = Certificate("fine");
        await using var peer = Peer("fine", certificate);
        using var rig = Rig("fine", "verify");

        var opened = await rig.OpenAsync(peer.Port);

        Assert.Equal("mx.remote.example", peer.AskedFor);
        Assert.Matches("^TLSv1\\.[23] TLS_[A-Z0-9_]+, verified$", opened.Tls);
    }

    [Fact]
    public async Task What_was_offered_in_the_clear_is_forgotten()
    {
        using var certificate = Certificate("fine");
        await using var peer = new ScriptedPeer(Greeting, "250-peer\r\n250-SMTPUTF8\r\n250 STARTTLS", ScriptedPeer.StartTls, "250-peer\r\n250 SIZE 5", "221 bye")
        {
            Certificate = certificate,
        };
        using var rig = new OpeningRig();

        var opened = await rig.OpenAsync(peer.Port);

        Assert.Equal((false, true), (opened.Offers.SmtpUtf8, opened.Offers.Size));
        Assert.Equal("EHLO mx.example.test\r\nSTARTTLS\r\nEHLO mx.example.test\r\nQUIT\r\n", peer.Received);
    }

    [Fact]
    public async Task Nothing_is_said_to_who_speaks_in_the_clear_behind_the_reply_to_starttls()
    {
        using var certificate = Certificate("fine");
        await using var peer = Peer("injection", certificate);
        using var rig = new OpeningRig();

        var opened = await rig.OpenAsync(peer.Port);

        Assert.StartsWith("the peer went on in the clear", opened.Reason);
        Assert.Equal("EHLO mx.example.test\r\nSTARTTLS\r\n", peer.Received);
        Assert.Equal(1, peer.Connections);
    }

    private OpeningRig Rig(string fault, string policy) => new($"tls-policy=*:{policy}")
    {
        Trusted = fault == "untrusted" ? null : authority,
        Patience = fault == "silence" ? TimeSpan.FromMilliseconds(300) : TimeSpan.FromSeconds(20),
    };

    private X509Certificate2 Certificate(string fault) => fault switch
    {
        "expired" => authority.Issue(OpeningRig.Host, until: new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero)),
        "wrong name" => authority.Issue("mx.other.example"),
        "self-signed" => TestAuthority.SelfSigned(OpeningRig.Host),
        _ => authority.Issue(OpeningRig.Host),
    };

    private static ScriptedPeer Peer(string fault, X509Certificate2 certificate, bool startsTls = true)
    {
        string[] inTheClear = [Greeting, Plain, "221 bye"];
        string[] script = fault switch
        {
            "not offered" => inTheClear,
            "HELO only" => [Greeting, "502 what", "250 STARTTLS", "221 bye"],
            _ when !startsTls => [Greeting, Offer, "221 bye"],
            "454" => [Greeting, Offer, "454 4.7.0 not \u001bnow"],
            "502" => [Greeting, Offer, "502 5.5.1 what"],
            "421" => [Greeting, Offer, "421 4.3.2 closing"],
            "no reply" => [Greeting, Offer, ScriptedPeer.Silence],
            "closed" => [Greeting, Offer, ScriptedPeer.Close],
            "broken off" => [Greeting, Offer, ScriptedPeer.StartTlsThenClose],
            "words" => [Greeting, Offer, ScriptedPeer.StartTlsThenWords],
            "silence" => [Greeting, Offer, ScriptedPeer.StartTlsThenSilence],
            "injection" => [Greeting, Offer, ScriptedPeer.StartTlsWithMore, Plain, "221 bye"],
            _ => [Greeting, Offer, ScriptedPeer.StartTls, Plain, "221 bye"],
        };
        return new ScriptedPeer(script) { Certificate = certificate, ScriptAfterwards = [Greeting, Offer, "221 bye"] };
    }
}

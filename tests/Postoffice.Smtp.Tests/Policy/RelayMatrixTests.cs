using System.Net;
using System.Text;
using Postoffice.Smtp.Dialogue;

namespace Postoffice.Smtp.Tests.Policy;

/// <summary>R01: every way to write a recipient, from every kind of client, with every kind of sender. No cell but the marked ones is taken.</summary>
public sealed class RelayMatrixTests
{
    private static readonly (string Path, bool IsOurs)[] Recipients =
    [
        ("root@example.test", true), ("ROOT@EXAMPLE.TEST", true), ("root@example.test.", true), ("postmaster", true),
        ("Postmaster@example.test", true), ("\"root\"@example.test", true), ("@relay.example:root@example.test", true), ("root@[192.0.2.9]", false),
        ("bob@example.org", false), ("@example.test:bob@example.org", false), ("@example.test,@other.example:bob@example.org", false),
        ("bob%example.org@example.test", false), ("example.org!bob@example.test", false), ("\"bob@example.org\"@example.test", false),
        ("bob@example.org@example.test", false), ("bob@example.test@example.org", false), ("bob@[198.51.100.9]", false),
        ("bob@[IPv6:2001:db8::9]", false), ("bob@127.1", false), ("bob@2130706433", false), ("bob@localhost", false), (".!@example.test", false),
        ("bob@sub.example.test", false), ("bob@xexample.test", false), ("bob", false), ("@", false), ("bob@", false), ("@example.test", false),
        ("bob@example.org:25", false), ("bob@example.test\\@example.org", false), ("<bob@example.org>", false), ("bob@example.org,root@example.test", false),
    ];

    private static readonly string[] Senders = ["", "alice@example.net", "root@example.test", "bob@example.org", "mailer-daemon@mx.example.test"];

    private static readonly (string Who, ClientPeer Peer)[] Strangers =
    [
        ("stranger", new(TestListener.Stranger)),
        ("neighbour", new(new IPAddress([192, 0, 2, 2]))),
        ("other loopback", new(new IPAddress([127, 0, 0, 2]))),
        ("nobody's address", new(IPAddress.Any)),
        ("IPv6 stranger", new(Address("2001:db8::7"))),
        ("IPv6 neighbour", new(Address("fe80::1"))),
        ("stranger at a submission port", new(TestListener.Stranger, IsSubmissionPort: true)),
    ];

    [Fact]
    public async Task Strangers_reach_our_users_and_nobody_else()
    {
        using var listener = new TestListener(settings: "max-errors=1000");
        var deviations = new StringBuilder();
        foreach (var (who, peer) in Strangers)
        {
            foreach (var sender in Senders)
            {
                await using var client = listener.Connect(peer);
                await client.ReplyAsync();
                await client.AskAsync("EHLO example.test");
                Assert.StartsWith("250", await client.AskAsync($"MAIL FROM:<{sender}>"));
                foreach (var (path, isOurs) in Recipients)
                {
                    var reply = await client.AskAsync($"RCPT TO:<{path}>");
                    var expected = isOurs && !peer.IsSubmissionPort;
                    if (reply!.StartsWith("250", StringComparison.Ordinal) != expected) deviations.AppendLine($"{who}, from <{sender}> to <{path}>: {reply}");
                }
            }
        }
        Assert.True(deviations.Length == 0, deviations.ToString());
    }

    public static TheoryData<string, bool> OwnAndOther() => new()
    {
        { "127.0.0.1", true }, { "::1", true }, { "192.0.2.1", true }, { "::ffff:192.0.2.1", true }, { "::ffff:127.0.0.1", true },
        { "127.0.0.2", false }, { "192.0.2.2", false }, { "::ffff:192.0.2.2", false }, { "::", false }, { "0.0.0.0", false }, { "2001:db8::1", false },
    };

    [Theory, MemberData(nameof(OwnAndOther))]
    public async Task Only_the_machines_own_addresses_may_relay(string address, bool may)
    {
        using var listener = new TestListener();
        var peer = new ClientPeer(Smtp.Policy.OwnAddresses.Plain(Address(address)));
        var said = await listener.SayAsync("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.org>\r\nQUIT\r\n", peer);
        Assert.Contains(may ? "250 2.1.5" : "550 5.7.1", said);
    }

    [Fact]
    public void The_interfaces_of_this_machine_are_found_in_both_families()
    {
        var own = Smtp.Policy.OwnAddresses.OfThisMachine(TimeProvider.System);
        Assert.True(own.Contains(IPAddress.Loopback));
        Assert.Equal(System.Net.Sockets.Socket.OSSupportsIPv6, own.Contains(IPAddress.IPv6Loopback));
        Assert.False(own.Contains(new IPAddress([127, 0, 0, 2])));
    }

    private static IPAddress Address(string text)
    {
        const string mapped = "::ffff:";
        var isMapped = text.StartsWith(mapped, StringComparison.Ordinal);
        Assert.True(Postoffice.Store.Mail.AddressLiteral.TryParseAddress(isMapped ? text[mapped.Length..] : text, out var address));
        return isMapped ? address.MapToIPv6() : address;
    }
}

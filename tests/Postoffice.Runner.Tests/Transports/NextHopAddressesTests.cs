using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Postoffice.Runner.Conversations;
using Postoffice.Runner.Pipelines;
using Postoffice.Runner.Resolution;
using Postoffice.Runner.Routing;
using Postoffice.Runner.Scheduling;
using Postoffice.Runner.Transports;
using Postoffice.Runner.Transports.Sasl;
using Postoffice.Store.Configuration;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Transports;

/// <summary>A next hop with several addresses: each is tried in the resolver's order until one takes the transaction.</summary>
public sealed class NextHopAddressesTests : IDisposable
{
    private static readonly string[] Willing = ["220 hi", "250 peer", "250 ok", "250 ok", "354 go", "250 2.0.0 taken", "221 bye"];
    private static readonly IPAddress Other = new([127, 0, 0, 2]);
    private readonly TempStore temp = new();
    private CredentialsTable credentials = CredentialsTable.Empty;

    public void Dispose() => temp.Dispose();

    [Theory]
    [InlineData("127.0.0.2")]
    [InlineData("::1")]
    [InlineData("240.0.0.1")] // no route leads there
    public async Task The_second_address_takes_what_the_first_refuses_to_connect(string first)
    {
        Assert.True(AddressLiteral.TryParseAddress(first, out var address));
        await using var peer = new ScriptedPeer(Willing);

        var report = await DeliverAsync(peer.Port, address!, IPAddress.Loopback);

        Assert.IsType<RecipientResult.Delivered>(report.Results.Single());
        Assert.Equal(("mx.remote.example", "127.0.0.1"), (report.Host, report.Address));
    }

    [Theory]
    [InlineData("421 4.3.2 closing")]
    [InlineData("554 5.7.1 not you")]
    [InlineData(ScriptedPeer.Close)]
    [InlineData(ScriptedPeer.Reset)]
    [InlineData(ScriptedPeer.Silence)]
    [InlineData(ScriptedPeer.Flood)]
    [InlineData("nonsense")]
    public async Task The_second_address_takes_what_the_first_does_not_greet_properly(string greeting)
    {
        await using var taking = new ScriptedPeer(Willing);
        await using var failing = new ScriptedPeer(Other, taking.Port, greeting);

        var report = await DeliverAsync(taking.Port, Other, IPAddress.Loopback);

        Assert.IsType<RecipientResult.Delivered>(report.Results.Single());
        Assert.Equal("127.0.0.1", report.Address);
    }

    /// <summary>Its mail store may be down for days, while the exchanger behind it would take the mail.</summary>
    [Theory]
    [InlineData("450 4.2.1 busy")]
    [InlineData("421 4.3.2 closing")]
    [InlineData(ScriptedPeer.Close)]
    [InlineData("250 ok", "451 4.3.0 no data")]
    [InlineData("250 ok", "354 go", "451 4.3.0 no room")]
    public async Task The_second_address_takes_what_the_first_does_not_take_for_now(params string[] fromRcpt)
    {
        await using var taking = new ScriptedPeer(Willing);
        await using var failing = new ScriptedPeer(Other, taking.Port, ["220 hi", "250 peer", "250 ok", .. fromRcpt, "250 reset"]);

        var report = await DeliverAsync(taking.Port, Other, IPAddress.Loopback);

        Assert.IsType<RecipientResult.Delivered>(report.Results.Single());
        Assert.Equal("127.0.0.1", report.Address);
        Assert.Equal("127.0.0.2", Assert.Single(report.Tried!).Address);
    }

    [Theory]
    [InlineData("550 5.1.1 who")]
    [InlineData("250 ok", "354 go", ScriptedPeer.Close)] // it may have the message
    public async Task A_refusal_for_good_and_a_doubt_are_the_last_word(params string[] fromRcpt)
    {
        await using var willing = new ScriptedPeer(Willing);
        await using var first = new ScriptedPeer(Other, willing.Port, ["220 hi", "250 peer", "250 ok", .. fromRcpt]);

        var report = await DeliverAsync(willing.Port, Other, IPAddress.Loopback);

        Assert.Equal((0, "127.0.0.2"), (willing.Connections, report.Address));
    }

    [Fact]
    public async Task What_all_refuse_for_now_waits_with_the_words_of_the_first()
    {
        await using var second = new ScriptedPeer("220 hi", "250 peer", "250 ok", "451 4.7.1 greylisted", "250 reset");
        await using var first = new ScriptedPeer(Other, second.Port, "220 hi", "250 peer", "250 ok", "450 4.2.1 busy", "250 reset");

        var report = await DeliverAsync(second.Port, Other, IPAddress.Loopback);

        Assert.Equal(450, Assert.IsType<RecipientResult.Refused>(report.Results.Single()).Reply.Code);
        Assert.Equal(451, Assert.Single(report.Tried!).Reply!.Code);
    }

    /// <summary>A server may lock an account after a few failed logins: one wrong password is one of them, however many addresses it has.</summary>
    [Theory]
    [InlineData("535 5.7.8 who", 0)]
    [InlineData("454 4.7.0 not now", 1)]
    public async Task A_password_refused_for_good_by_the_first_is_not_shown_to_the_second(string refusal, int asked)
    {
        string[] script = ["220 hi", "250-peer\r\n250 AUTH PLAIN", refusal];
        await using var second = new ScriptedPeer(script);
        await using var first = new ScriptedPeer(Other, second.Port, script);
        Assert.True(CredentialsTable.TryParse("mx.remote.example alice secret", out var table, out _));
        credentials = table;

        var report = await DeliverAsync(second.Port, Other, IPAddress.Loopback);

        Assert.Contains($"was refused: {refusal}", Assert.IsType<RecipientResult.Unreached>(report.Results.Single()).Reason);
        Assert.Equal((1, asked), (first.Connections, second.Connections));
    }

    [Fact]
    public async Task When_every_address_refuses_the_reason_names_one_of_them()
    {
        int port;
        await using (var peer = new ScriptedPeer()) port = peer.Port;

        var report = await DeliverAsync(port, IPAddress.IPv6Loopback, IPAddress.Loopback);

        Assert.Matches(@"mx\.remote\.example \((\[::1\]|127\.0\.0\.1):\d+\): ", Assert.IsType<RecipientResult.Unreached>(report.Results.Single()).Reason);
    }

    [Fact]
    public async Task Of_hundreds_of_addresses_eight_are_tried()
    {
        var asked = Enumerable.Range(1, 300).Select(i => new IPAddress([127, 1, (byte)(i / 256), (byte)i])).ToArray();

        var found = await Hosts(asked).FindAsync(Hop(26), default).ToListAsync();

        Assert.Equal(asked[..8], found.Cast<Candidate.Peer>().Select(peer => peer.EndPoint.Address));
    }

    [Fact]
    public async Task A_name_that_cannot_be_resolved_waits_with_the_reason()
    {
        var hosts = new HostAddresses(OwnEndpoints.From(Settings.Empty), TimeProvider.System, (_, _) => throw new SocketException((int)SocketError.TryAgain));

        var found = Assert.Single(await hosts.FindAsync(Hop(25), default).ToListAsync());

        Assert.StartsWith("mx.remote.example cannot be resolved: ", Assert.IsType<Candidate.Unreached>(found).Reason);
    }

    [Fact]
    public async Task The_systems_resolver_is_not_waited_for_without_end()
    {
        var clock = new FakeTimeProvider();
        var hosts = new HostAddresses(OwnEndpoints.From(Settings.Empty), clock, (_, _) => new TaskCompletionSource<IPAddress[]>().Task);

        var finding = hosts.FindAsync(Hop(25), default).ToListAsync().AsTask();
        Assert.False(finding.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(20));

        var found = Assert.Single(await finding.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal("mx.remote.example cannot be resolved: no answer from the system's resolver within 20 s", Assert.IsType<Candidate.Unreached>(found).Reason);
    }

    private static NextHop Hop(int port) => new("mx.remote.example", null, port);

    private static HostAddresses Hosts(params IPAddress[] addresses) => new(OwnEndpoints.From(Settings.Empty), TimeProvider.System, (_, _) => Task.FromResult(addresses));

    private static NextHops Hops(IPAddress[] addresses)
    {
        var questions = new DnsQuestions([new IPEndPoint(IPAddress.Loopback, 9)], TimeProvider.System); // asked by no route here
        return new NextHops(Hosts(addresses), new MailExchangers(questions, OwnEndpoints.From(Settings.Empty), RunnerRig.Self));
    }

    private async Task<AttemptReport> DeliverAsync(int port, params IPAddress[] addresses)
    {
        var id = await temp.Store.AcceptAsync(default, null, "bob@remote.example");
        var message = QueuedMessage.Fold(id, await temp.Store.Events.ReadAsync(StreamId.Message(id), 0, default))!;
        var timeouts = new PhaseTimeouts { Connect = TimeSpan.FromSeconds(5), Greeting = TimeSpan.FromSeconds(1) };
        var phases = new PhasePipelines(timeouts, TimeProvider.System);
        var idle = new IdleConnections(1, phases, TimeProvider.System);
        var rules = SessionRules.From(Settings.Empty, credentials, TimeProvider.System);
        var transport = new SmtpTransport(temp.Store.Content, Hops(addresses), new TcpDialer(phases), rules, idle, phases, RunnerRig.Self, new SwitchBoard(), TimeProvider.System);
        var attempt = new Attempt(message, 1, [.. message.Recipients.Values], new Route.Smtp(Hop(port))) { IntendAsync = (_, _) => Task.FromResult(message.Recipients.Keys.ToValueList()) };
        return (await transport.DeliverAsync(attempt, default))!;
    }
}

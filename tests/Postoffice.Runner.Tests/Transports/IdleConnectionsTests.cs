using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;
using Postoffice.Runner.Conversations;
using Postoffice.Runner.Pipelines;
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

/// <summary>Messages to one destination, one after another, and the connections they go over.</summary>
public sealed class IdleConnectionsTests : IDisposable
{
    private const string Hello = "250-peer\r\n250 SIZE 1000000";
    private const string Ok = "250 2.0.0 ok";
    private const string Go = "354 go";
    private readonly TempStore temp = new();
    private readonly FakeTimeProvider clock = new();

    public void Dispose() => temp.Dispose();

    [Fact]
    public async Task The_next_message_goes_over_the_same_connection()
    {
        await using var peer = new ScriptedPeer("220 hi", Hello, Ok, Ok, Go, Ok, Ok, Ok, Go, Ok, "221 bye");
        var idle = Idle(most: 100);

        await DeliverAsync(peer, idle);
        await DeliverAsync(peer, idle);
        await idle.CloseAsync();

        Assert.Equal("EHLO MAIL RCPT DATA MAIL RCPT DATA QUIT", Commands(peer));
    }

    [Fact]
    public async Task A_connection_carries_so_many_messages_at_most()
    {
        await using var peer = new ScriptedPeer("220 hi", Hello, Ok, Ok, Go, Ok, "221 bye");
        var idle = Idle(most: 1);

        await DeliverAsync(peer, idle);
        await DeliverAsync(peer, idle);
        await idle.CloseAsync();

        Assert.Equal("EHLO MAIL RCPT DATA QUIT EHLO MAIL RCPT DATA QUIT", Commands(peer));
    }

    [Fact]
    public async Task A_transaction_that_came_to_nothing_is_reset_before_the_next()
    {
        await using var peer = new ScriptedPeer("220 hi", Hello, Ok, "550 5.1.1 who", Ok, Ok, Ok, Go, Ok, "221 bye");
        var idle = Idle(most: 100);

        Assert.IsType<RecipientResult.Refused>(await DeliverAsync(peer, idle));
        Assert.IsType<RecipientResult.Delivered>(await DeliverAsync(peer, idle));
        await idle.CloseAsync();

        Assert.Equal("EHLO MAIL RCPT RSET MAIL RCPT DATA QUIT", Commands(peer));
    }

    [Theory]
    [InlineData("421 4.3.2 closing")]
    [InlineData(ScriptedPeer.Close)]
    [InlineData(ScriptedPeer.Silence)]
    [InlineData("nonsense")]
    public async Task A_kept_connection_that_fails_before_a_recipient_was_named_costs_nothing(string second)
    {
        await using var peer = new ScriptedPeer("220 hi", Hello, Ok, Ok, Go, Ok, second);
        var idle = Idle(most: 100);

        Assert.IsType<RecipientResult.Delivered>(await DeliverAsync(peer, idle));
        Assert.IsType<RecipientResult.Delivered>(await DeliverAsync(peer, idle));
        await idle.CloseAsync();
    }

    [Fact]
    public async Task A_peer_that_closes_with_its_last_reply_is_not_used_again()
    {
        await using var peer = new ScriptedPeer("220 hi", Hello, Ok, Ok, Go, "250 taken\r\n421 and closing");
        var idle = Idle(most: 100);

        Assert.IsType<RecipientResult.Delivered>(await DeliverAsync(peer, idle));
        Assert.IsType<RecipientResult.Delivered>(await DeliverAsync(peer, idle));

        Assert.Equal("EHLO MAIL RCPT DATA EHLO MAIL RCPT DATA", Commands(peer));
    }

    [Fact]
    public async Task Two_seconds_without_a_message_end_a_connection()
    {
        await using var peer = new ScriptedPeer("220 hi", Hello, Ok, Ok, Go, Ok, "221 bye");
        var idle = Idle(most: 100);
        await DeliverAsync(peer, idle);

        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(await idle.TakeAsync($"127.0.0.1:{peer.Port}"));
        await idle.CloseAsync();

        Assert.Equal("EHLO MAIL RCPT DATA QUIT", Commands(peer));
    }

    [Fact]
    public async Task After_a_reload_nothing_is_kept()
    {
        await using var peer = new ScriptedPeer("220 hi", Hello, Ok, Ok, Go, Ok, "221 bye");
        var idle = Idle(most: 100);
        await idle.CloseAsync();

        await DeliverAsync(peer, idle);

        Assert.Null(await idle.TakeAsync($"127.0.0.1:{peer.Port}"));
    }

    private IdleConnections Idle(int most) => new(most, Phases(), clock);

    private static PhasePipelines Phases()
    {
        var limit = TimeSpan.FromMilliseconds(500);
        return new(new PhaseTimeouts { Connect = limit, Greeting = limit, Mail = limit, Rcpt = limit, Data = limit, Content = limit, Dot = limit, Quit = limit }, TimeProvider.System);
    }

    private async Task<RecipientResult> DeliverAsync(ScriptedPeer peer, IdleConnections idle)
    {
        var ct = TestContext.Current.CancellationToken;
        var id = await temp.Store.AcceptAsync(ct, null, "bob@example.test");
        var message = QueuedMessage.Fold(id, await temp.Store.Events.ReadAsync(StreamId.Message(id), 0, ct))!;
        var hops = new NextHops(new HostAddresses(OwnEndpoints.From(Settings.Empty), TimeProvider.System), exchangers: null!);
        var rules = SessionRules.From(Settings.Empty, CredentialsTable.Empty, TimeProvider.System);
        var transport = new SmtpTransport(
            temp.Store.Content, hops, new TcpDialer(Phases()), rules, idle, Phases(), RunnerRig.Self, new SwitchBoard(), TimeProvider.System);
        var route = new Route.Smtp(new NextHop("127.0.0.1", IPAddress.Loopback, peer.Port));
        var attempt = new Attempt(message, 1, [.. message.Recipients.Values], route) { IntendAsync = (_, _) => Task.FromResult(message.Recipients.Keys.ToValueList()) };
        return (await transport.DeliverAsync(attempt, ct))!.Results[0];
    }

    private static string Commands(ScriptedPeer peer) =>
        string.Join(' ', Regex.Matches(peer.Received, "^(EHLO|MAIL|RCPT|DATA|RSET|QUIT)", RegexOptions.Multiline | RegexOptions.ExplicitCapture).Select(match => match.Value));
}

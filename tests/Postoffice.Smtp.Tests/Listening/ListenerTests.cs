using Postoffice.Smtp.Listening;
using Postoffice.Store.Events;
using Postoffice.Store.Native;

namespace Postoffice.Smtp.Tests.Listening;

public sealed class ListenerTests
{
    [Fact]
    public async Task A_local_program_is_known_by_its_uid()
    {
        await using var listener = await RunningListener.StartAsync();
        await using var client = await listener.ConnectLocallyAsync();
        await client.ReplyAsync();
        foreach (var line in (string[])["EHLO localhost", "MAIL FROM:<root>", "RCPT TO:<root>", "DATA"]) await client.AskAsync(line);
        Assert.EndsWith("accepted\r\n", await client.AskAsync("."));

        var accepted = (await listener.Store.Events.ReadAllAsync(0, 10, TestContext.Current.CancellationToken)).Select(found => found.Fact).OfType<MessageAccepted>();
        Assert.Equal(new MessageOrigin("LOCAL", null, "localhost", null, Libc.GetEuid()), Assert.Single(accepted).Client);
    }

    [Fact]
    public async Task Anybody_may_connect_to_the_submission_socket()
    {
        await using var listener = await RunningListener.StartAsync();
        Assert.True(SafeFile.TryStat(listener.UnixPath, out var file));
        Assert.Equal(0x1B6u, file.Permissions);
    }

    [Fact]
    public async Task Clients_beyond_the_limit_are_told_to_come_later_and_a_place_is_given_back()
    {
        await using var listener = await RunningListener.StartAsync("clients=2");
        await using var first = await listener.ConnectAsync();
        await using var second = await listener.ConnectAsync();
        Assert.StartsWith("220", await first.ReplyAsync());
        Assert.StartsWith("220", await second.ReplyAsync());

        await using (var third = await listener.ConnectAsync()) Assert.Equal("421 4.3.2 Too many connections, try again later\r\n", await third.ReplyAsync());

        await first.AskAsync("QUIT");
        Assert.Equal("", await first.ReplyAsync());
        for (string said; ;)
        {
            await using var next = await listener.ConnectAsync();
            said = await next.ReplyAsync();
            if (said.StartsWith("220", StringComparison.Ordinal)) break; // the place is given back a moment after the goodbye
        }
    }

    [Fact]
    public async Task A_reload_changes_the_rules_of_open_sessions_at_their_next_transaction()
    {
        await using var listener = await RunningListener.StartAsync("size=1000");
        await using var client = await listener.ConnectAsync();
        await client.ReplyAsync();
        await client.AskAsync("EHLO x");
        Assert.StartsWith("552", await client.AskAsync("MAIL FROM:<a@example.net> SIZE=2000"));

        listener.Configure("size=3000");
        await listener.ReloadAsync();

        await client.AskAsync("RSET");
        Assert.StartsWith("250", await client.AskAsync("MAIL FROM:<a@example.net> SIZE=2000"));
        Assert.Equal(2, (await listener.Store.Events.ReadAsync(StreamId.Service("smtpd"), 0, TestContext.Current.CancellationToken)).Count);
    }

    [Theory]
    [InlineData("size=lots")]
    [InlineData("tls-cert=/nowhere/at/all.pem")]
    [InlineData("local-domain=not a domain")]
    public async Task A_configuration_that_cannot_be_used_leaves_the_one_before_in_force(string wrong)
    {
        await using var listener = await RunningListener.StartAsync("size=1000");
        listener.Configure("size=3000", wrong);
        await listener.ReloadAsync();

        await using var client = await listener.ConnectAsync();
        await client.ReplyAsync();
        Assert.Contains("SIZE 1000\r\n", await client.AskAsync("EHLO x"));
        Assert.Single(await listener.Store.Events.ReadAsync(StreamId.Service("smtpd"), 0, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_surprise_in_a_reload_is_told_and_leaves_the_configuration_before_in_force()
    {
        await using var listener = await RunningListener.StartAsync("size=1000");
        listener.Configure("size=3000");
        listener.Log.Taken = line =>
        {
            if (line.StartsWith("configuration loaded", StringComparison.Ordinal)) throw new InvalidOperationException("a broken log");
        };
        await listener.ReloadAsync();

        Assert.Contains("the configuration before stays in force: the reload met a surprise", listener.Log.Lines);
        await using var client = await listener.ConnectAsync();
        await client.ReplyAsync();
        Assert.Contains("SIZE 1000\r\n", await client.AskAsync("EHLO x"));
    }

    [Fact]
    public async Task A_stop_lets_the_running_message_in_and_the_idle_client_go()
    {
        await using var listener = await RunningListener.StartAsync();
        await using var busy = await listener.ConnectAsync();
        await using var idle = await listener.ConnectAsync();
        await idle.ReplyAsync();
        await busy.ReplyAsync();
        foreach (var line in (string[])["EHLO x", "MAIL FROM:<a@example.net>", "RCPT TO:<root@example.test>", "DATA"]) await busy.AskAsync(line);

        var stopped = listener.StopAsync();
        Assert.StartsWith("421 4.3.2", await idle.ReplyAsync());
        Assert.EndsWith("accepted\r\n", await busy.AskAsync("text\r\n."));
        Assert.StartsWith("421 4.3.2", await busy.ReplyAsync());
        await stopped;
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_ever()
    {
        await using var listener = await RunningListener.StartAsync("stop-timeout=0");
        await using var busy = await listener.ConnectAsync();
        await busy.ReplyAsync();
        foreach (var line in (string[])["EHLO x", "MAIL FROM:<a@example.net>", "RCPT TO:<root@example.test>", "DATA"]) await busy.AskAsync(line);
        await listener.StopAsync();
    }

    [Fact]
    public async Task A_dead_listeners_socket_is_replaced_and_a_living_ones_is_not()
    {
        await using var listener = await RunningListener.StartAsync();
        ListenEndpoint door = new(null, 0, listener.UnixPath);
        Assert.Contains("another listener answers", Assert.Throws<CannotListenException>(() => Doors.Open([door])).Message);

        await listener.StopAsync();
        Doors.Open([door])[0].Dispose();
    }

    [Fact]
    public void A_door_that_cannot_be_opened_is_told_by_name()
    {
        using var taken = Doors.Open([new ListenEndpoint(System.Net.IPAddress.Loopback, 0)])[0];
        Assert.True(ListenEndpoint.TryParse(taken.Name, out var same));
        Assert.Contains($"cannot listen on {same}", Assert.Throws<CannotListenException>(() => Doors.Open([same])).Message);
    }
}

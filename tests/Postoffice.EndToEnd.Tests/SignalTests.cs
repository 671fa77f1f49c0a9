using System.Net;
using System.Net.Sockets;
using System.Text;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>What a service manager and an operator do to a service: tell it to read its settings again, to stop, and hear how it is.</summary>
public sealed class SignalTests
{
    [Fact]
    public async Task SIGHUP_puts_new_settings_in_force_and_drops_no_session()
    {
        await using var site = new Site("size=1000000");
        var listener = await site.StartListenerAsync();
        using var client = new TcpClient("127.0.0.1", site.Port);
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.Latin1);
        Assert.StartsWith("220 ", await reader.ReadLineAsync());
        Assert.Contains("250-SIZE 1000000", await AskAsync(stream, reader, "EHLO client.example.net"));

        System.IO.File.AppendAllLines(site.Configuration, ["size=2000000"]);
        listener.Signal("HUP");
        await Eventually.HoldsAsync(
            () => AskAsync(stream, reader, "EHLO client.example.net").Result.Contains("250-SIZE 2000000", StringComparison.Ordinal),
            () => $"the new size in the open session\n{listener.Said}");

        System.IO.File.AppendAllLines(site.Configuration, ["size=lots"]);
        listener.Signal("HUP");
        await listener.SaysAsync("size=lots: a size such as 20m is expected");
        Assert.Contains("250-SIZE 2000000", await AskAsync(stream, reader, "EHLO client.example.net"));
    }

    [Fact]
    public async Task Mail_that_waits_follows_the_route_that_the_runner_reads_at_SIGHUP()
    {
        var (gone, port) = (Site.FreePort(), Site.FreePort());
        await using var site = new Site($"relay-host=127.0.0.1:{gone}", "retry=1h");
        await using var sink = Service.Start(OutsideProgram.Require("smtp-sink"), "-u", Site.User, $"127.0.0.1:{port}", "10");
        await site.StartListenerAsync();
        var runner = await site.StartRunnerAsync();
        (await site.SendmailAsync("Subject: rerouted\n\nhello\n", "bob@remote.example")).Succeeded();
        await runner.SaysAsync("deferred");

        System.IO.File.AppendAllLines(site.Configuration, [$"relay-host=127.0.0.1:{port}"]);
        runner.Signal("HUP");
        await runner.SaysAsync("settings reloaded");
        await Eventually.HoldsAsync(
            () => site.RunAsync("runq").Result.ExitCode == 0 && site.RunAsync("mailq").Result.Output == "Mail queue is empty.\n",
            () => $"an empty queue\n{runner.Said}");
        Assert.Contains("delivered", (await site.PostofficeAsync("history", "--to", "bob@remote.example")).Succeeded());
    }

    [Fact]
    public async Task SIGTERM_lets_a_running_message_in_and_then_ends_with_0()
    {
        await using var site = new Site();
        var listener = await site.StartListenerAsync();
        using var client = new TcpClient("127.0.0.1", site.Port);
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.Latin1);
        await reader.ReadLineAsync();
        foreach (var line in (string[])["EHLO client.example.net", "MAIL FROM:<alice@example.net>", $"RCPT TO:<{Site.Address}>", "DATA"]) await AskAsync(stream, reader, line);

        listener.Signal("TERM");
        await listener.SaysAsync("stopping: 1 sessions are open");
        Assert.ThrowsAny<SocketException>(() => new TcpClient("127.0.0.1", site.Port).Dispose()); // nobody new comes in
        Assert.StartsWith("250 2.0.0", await AskAsync(stream, reader, "Subject: last\r\n\r\nbye\r\n."));
        Assert.StartsWith("421 4.3.2", await reader.ReadLineAsync());
        Assert.Equal(0, await listener.EndAsync());

        await site.StartRunnerAsync();
        Assert.Contains("Subject: last", Assert.Single(await site.MailAsync(1)));
    }

    [Theory]
    [InlineData("postoffice-smtpd")]
    [InlineData("postoffice-runner")]
    public async Task The_service_manager_is_told_when_a_service_is_ready_and_when_it_stops(string program)
    {
        await using var site = new Site();
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(site.File("notify")));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var service = Service.Start("/usr/bin/env", $"NOTIFY_SOCKET={site.File("notify")}", Service.Program(program), "-C", site.Configuration);

        Assert.Equal("READY=1", await HeardAsync(manager, patience.Token));
        service.Signal("TERM");
        Assert.Equal("STOPPING=1", await HeardAsync(manager, patience.Token));
        Assert.Equal(0, await service.EndAsync());
    }

    private static async Task<string> HeardAsync(Socket manager, CancellationToken ct)
    {
        var datagram = new byte[256];
        return Encoding.UTF8.GetString(datagram, 0, await manager.ReceiveAsync(datagram, ct));
    }

    /// <summary>Says a line; answers all lines of the reply.</summary>
    private static async Task<string> AskAsync(NetworkStream stream, StreamReader reader, string line)
    {
        await stream.WriteAsync(Encoding.Latin1.GetBytes(line + "\r\n"));
        var reply = new StringBuilder();
        string? said;
        do reply.AppendLine(said = await reader.ReadLineAsync());
        while (said?.Length > 3 && said[3] == '-');
        return reply.ToString();
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Postoffice.Runner.Conversations;
using Postoffice.Runner.Pipelines;
using Postoffice.Runner.Resolution;
using Postoffice.Runner.Routing;
using Postoffice.Runner.Scheduling;
using Postoffice.Runner.Transports;
using Postoffice.Runner.Transports.Sasl;
using Postoffice.Store;
using Postoffice.Store.Configuration;
using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Transports;

/// <summary>Every way a server can behave, and what it means for each of two recipients.</summary>
public sealed class SmtpTransportTests : IDisposable
{
    private const string Hello = "250-peer\r\n250 SIZE 1000000";
    private const string Ok = "250 2.0.0 ok";
    private const string Go = "354 go";
    private static readonly DomainName Exchanged = DomainName.TryParse("exchanged.test", out var domain) ? domain : throw new InvalidOperationException();
    private readonly TempStore temp = new();
    private readonly SwitchBoard board = new();

    public void Dispose() => temp.Dispose();

    [Theory]
    [InlineData("delivered delivered", "220 hi", Hello, Ok, Ok, Ok, Go, Ok, "221 bye")]
    [InlineData("delivered delivered", "220 hi", "502 what", "250 helo", Ok, Ok, Ok, Go, Ok, "221 bye")]
    [InlineData("delivered 550", "220 hi", Hello, Ok, Ok, "550 5.1.1 who", Go, Ok, "221 bye")]
    [InlineData("450 delivered", "220 hi", Hello, Ok, "450 4.2.1 busy", Ok, Go, Ok, "221 bye")]
    [InlineData("450 550", "220 hi", Hello, Ok, "450 4.2.1 busy", "550 5.1.1 who", "221 bye")]
    [InlineData("unreached unreached", "554 5.7.1 not you")] // a list that has us by mistake must not bounce a queue
    [InlineData("521 521", "521 5.3.2 no mail here, ever")] // RFC 7504
    [InlineData("421 421", "421 4.3.2 closing")]
    [InlineData("554 554", "220 hi", "554 no", "554 no")]
    [InlineData("451 451", "220 hi", "451 4.3.0 not now")]
    [InlineData("550 550", "220 hi", Hello, "550 5.1.8 bad sender", "221 bye")]
    [InlineData("452 452", "220 hi", Hello, "452 4.3.1 full", "221 bye")]
    [InlineData("421 421", "220 hi", Hello, "421 4.3.2 closing")]
    [InlineData("421 421", "220 hi", Hello, Ok, Ok, "421 4.3.2 closing")]
    [InlineData("unreached unreached", "220 hi", Hello, Ok, Ok, ScriptedPeer.Close)]
    [InlineData("451 451", "220 hi", Hello, Ok, Ok, Ok, "451 4.3.0 no data", "221 bye")]
    [InlineData("554 554", "220 hi", Hello, Ok, Ok, Ok, "554 5.5.1 no valid recipients", "221 bye")]
    [InlineData("put-off 250 put-off 250", "220 hi", Hello, Ok, Ok, Ok, "250 confused", "221 bye")]
    [InlineData("552 552", "220 hi", Hello, Ok, Ok, Ok, Go, "552 5.3.4 too big", "221 bye")]
    [InlineData("451 451", "220 hi", Hello, Ok, Ok, Ok, Go, "451 4.3.0 later", "221 bye")]
    [InlineData("put-off 354 put-off 354", "220 hi", Hello, Ok, Ok, Ok, Go, "354 more?", "221 bye")]
    [InlineData("in-doubt in-doubt", "220 hi", Hello, Ok, Ok, Ok, Go, ScriptedPeer.Close)]
    [InlineData("in-doubt in-doubt", "220 hi", Hello, Ok, Ok, Ok, Go, ScriptedPeer.Reset)]
    [InlineData("in-doubt in-doubt", "220 hi", Hello, Ok, Ok, Ok, Go, ScriptedPeer.Silence)]
    [InlineData("in-doubt in-doubt", "220 hi", Hello, Ok, Ok, Ok, Go, "abc nonsense")]
    [InlineData("delivered delivered", "220 hi", Hello, Ok, Ok, Ok, Go, Ok, ScriptedPeer.Close)]
    [InlineData("unreached unreached", ScriptedPeer.Close)]
    [InlineData("unreached unreached", ScriptedPeer.Silence)]
    [InlineData("unreached unreached", "220 hi", ScriptedPeer.Flood)]
    [InlineData("unreached unreached", "\0\u0001\u00ff")]
    [InlineData("unreached unreached", ScriptedPeer.Flood)]
    [InlineData("unreached unreached", ScriptedPeer.Drip)]
    [InlineData("unreached unreached", "220 hi", "\0\u0001\u00ff")]
    [InlineData("unreached unreached", "220 hi", ScriptedPeer.Close)]
    [InlineData("unreached unreached", "220 hi", ScriptedPeer.Silence)]
    [InlineData("delivered delivered", "220-hi\r\n220-there\r\n220 go on", "250-peer\r\n250-X-\u00ff\r\n250 SIZE", Ok, Ok, Ok, Go, Ok)]
    [InlineData("unreached unreached", "99 what")]
    [InlineData("unreached unreached", "2500 what")]
    [InlineData("unreached unreached", "220-one\r\n250 two")]
    [InlineData("unreached unreached", "220 nul \0 here")]
    [InlineData("unreached unreached", "220 bare \n lf")]
    [InlineData("unreached unreached", "220 hi\r\n250 before EHLO", Hello, Ok, Ok, Ok, Go, Ok)]
    [InlineData("unreached unreached", "220 hi", Hello, "250 sender\r\n250 first\r\n250 second\r\n354 go\r\n250 taken", Ok, Ok, Ok)]
    [InlineData("unreached unreached", "220 hi", Hello, Ok, Ok, "250 ok\r\n250 one too many", Go, Ok, Ok)]
    [InlineData("unreached unreached", "220 hi", Hello, Ok, Ok, Ok, "354 go\r\n250 taken unseen", "554 not taken")]
    [InlineData("delivered delivered", "220 hi", Hello, Ok, Ok, Ok, Go, "250 taken\r\n421 and closing")]
    [InlineData("unreached unreached", "220 hi", ScriptedPeer.Drip)]
    [InlineData("in-doubt in-doubt", "220 hi", Hello, Ok, Ok, Ok, Go, ScriptedPeer.Drip)]
    [InlineData("in-doubt in-doubt", "220 hi", Hello, Ok, Ok, Ok, Go, ScriptedPeer.Flood)]
    [InlineData("unreached unreached", "220 hi", ScriptedPeer.LongLine)]
    [InlineData("unreached unreached", "220 hi", Hello, ScriptedPeer.LongLine)]
    public async Task A_peers_behaviour_has_one_meaning(string expected, params string[] script)
    {
        await using var peer = new ScriptedPeer(script);
        Assert.Equal(expected, Told(await DeliverAsync(peer.Port)));
    }

    [Theory]
    [InlineData(Ok)]
    [InlineData("550 no")]
    [InlineData("421 4.3.2 closing")]
    [InlineData(ScriptedPeer.Close)]
    [InlineData(ScriptedPeer.Silence)]
    [InlineData(ScriptedPeer.Flood)]
    [InlineData(ScriptedPeer.LongLine)]
    [InlineData("garbage")]
    [InlineData("\0\u0001\u00ff")]
    public async Task What_comes_of_the_reset_changes_nothing(string rset)
    {
        await using var refusing = new ScriptedPeer("220 hi", Hello, Ok, "450 4.2.1 busy", "550 5.1.1 who", rset);
        Assert.Equal("450 550", Told(await DeliverAsync(refusing.Port)));
        Assert.Contains("RSET\r\n", refusing.Received);
    }

    [Fact]
    public async Task Nobody_listening_is_nobody_reached()
    {
        int port;
        await using (var peer = new ScriptedPeer()) port = peer.Port;
        Assert.Equal("unreached unreached", Told(await DeliverAsync(port)));
    }

    [Fact]
    public async Task Only_crlf_leaves_and_every_leading_dot_is_doubled()
    {
        await using var peer = new ScriptedPeer("220 hi", Hello, Ok, Ok, Ok, Go, Ok, "221 bye");
        await DeliverAsync(peer.Port, Octets.Of("Subject: x\r\n\r\n.one\r\nbare\nlf\n.\nMAIL FROM:<evil@x>\r\nbare\rcr\r\n..two"));

        var data = peer.Received[peer.Received.IndexOf("DATA\r\n", StringComparison.Ordinal)..];
        Assert.Equal("DATA\r\nSubject: x\r\n\r\n..one\r\nbare\r\nlf\r\n..\r\nMAIL FROM:<evil@x>\r\nbare\r\ncr\r\n...two\r\n.\r\nQUIT\r\n", data);
    }

    [Fact]
    public async Task The_dialogue_names_sender_size_and_recipients()
    {
        await using var peer = new ScriptedPeer("220 hi", Hello, Ok, Ok, Ok, Go, Ok, "221 bye");
        await DeliverAsync(peer.Port, Octets.Of("Subject: x\r\n\r\n"), ["-oQ@example.test", "\"a b\"@example.test"]);

        Assert.StartsWith(
            "EHLO mx.example.test\r\nMAIL FROM:<alice@example.net> SIZE=14\r\nRCPT TO:<-oQ@example.test>\r\nRCPT TO:<\"a b\"@example.test>\r\nDATA\r\n",
            peer.Received);
    }

    [Fact]
    public async Task A_real_server_takes_a_large_message()
    {
        var program = OutsideProgram.Require("smtp-sink");
        int port;
        await using (var free = new ScriptedPeer()) port = free.Port;
        string[] rights = Environment.UserName == "root" ? ["-u", "nobody"] : [];
        using var sink = Process.Start(program, [.. rights, $"127.0.0.1:{port}", "10"]);
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (!await IsListeningAsync(port)) limit.Token.ThrowIfCancellationRequested();
            var line = Octets.Of(new string('x', 70) + "\r\n");
            var content = Enumerable.Repeat(line, 50_000).SelectMany(octets => octets).ToArray();

            Assert.Equal("delivered delivered", Told(await DeliverAsync(port, content, patience: TimeSpan.FromSeconds(30))));
        }
        finally
        {
            sink.Kill();
            await sink.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task Our_own_listener_is_never_dialled()
    {
        await using var peer = new ScriptedPeer("220 hi");
        var report = await DeliverAsync(peer.Port, own: $"listen=127.0.0.1:{peer.Port}");

        Assert.Contains("loop", Assert.IsType<RecipientResult.Unreached>(report.Results[0]).Reason);
        Assert.Equal("", peer.Received);
    }

    [Fact]
    public async Task The_next_exchanger_takes_what_the_first_cannot()
    {
        await using var peer = new ScriptedPeer("220 hi", Hello, Ok, Ok, Ok, Go, Ok, "221 bye");
        await using var dns = new ScriptedDns(
            ("exchanged.test", "MX 10 dead.test"), ("exchanged.test", "MX 20 alive.test"), ("dead.test", "A 127.0.0.2"), ("alive.test", "A 127.0.0.1"));
        var report = await DeliverAsync(peer.Port, dns: dns);

        Assert.Equal("delivered delivered", Told(report));
        Assert.Equal(("alive.test", "127.0.0.1"), (report.Host, report.Address));
        var hop = Assert.Single(report.Tried!);
        Assert.Equal(("dead.test", "127.0.0.2", "connect"), (hop.Host, hop.Address, hop.Phase));
        Assert.Equal([new ResolvedHost("dead.test", 10), new ResolvedHost("alive.test", 20)], report.Resolved);
        Assert.Contains("refused", hop.Reason, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task While_one_exchanger_only_has_trouble_for_now_no_other_has_the_last_word()
    {
        await using var dns = new ScriptedDns(
            ("exchanged.test", "MX 10 dead.test"), ("exchanged.test", "MX 20 nowhere.test"), ("dead.test", "A 127.0.0.2"));
        int port;
        await using (var peer = new ScriptedPeer()) port = peer.Port;

        Assert.Equal("unreached unreached", Told(await DeliverAsync(port, dns: dns)));
    }

    [Fact]
    public async Task Five_that_speak_are_asked_in_one_attempt_and_no_more()
    {
        await using var first = new ScriptedPeer(new IPAddress([127, 9, 1, 1]), 0, "451 4.3.2 busy");
        var others = Enumerable.Range(2, 6).Select(i => new ScriptedPeer(new IPAddress([127, 9, 1, (byte)i]), first.Port, "451 4.3.2 busy")).ToList();
        await using var dns = new ScriptedDns(
            [("exchanged.test", "MX 10 busy.test"), .. Enumerable.Range(1, 7).Select(i => ("busy.test", $"A 127.9.1.{i}"))]);

        var report = await DeliverAsync(first.Port, dns: dns);

        Assert.Equal("451 451", Told(report));
        Assert.Equal(TriedHops.MaxSpoken, report.Tried!.Count + 1);
        foreach (var other in others) await other.DisposeAsync();
    }

    [Fact]
    public async Task A_domain_that_takes_no_mail_fails_at_once()
    {
        await using var dns = new ScriptedDns(("exchanged.test", "MX 0 ."));
        Assert.Equal("5.1.10 5.1.10", Told(await DeliverAsync(port: 9, dns: dns)));
    }

    [Fact]
    public async Task Being_told_to_stop_after_the_final_dot_leaves_a_doubt()
    {
        await using var peer = new ScriptedPeer("220 hi", Hello, Ok, Ok, Ok, Go, ScriptedPeer.Silence);
        using var stop = new CancellationTokenSource();
        var delivering = DeliverAsync(peer.Port, stop: stop.Token, patience: TimeSpan.FromMinutes(1));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!peer.Received.EndsWith("\r\n.\r\n", StringComparison.Ordinal) && !limit.IsCancellationRequested) await Task.Yield();

        await stop.CancelAsync();

        Assert.Equal("in-doubt in-doubt", Told(await delivering));
    }

    [Fact]
    public async Task Content_that_cannot_be_read_on_ends_the_attempt_without_the_final_dot()
    {
        await using var peer = new ScriptedPeer("220 hi", "250-peer\r\n250 8BITMIME", Ok, Ok, "550 5.1.1 who", Go, ScriptedPeer.Silence);

        var report = await DeliverAsync(peer.Port, store: new FailingContent("Subject: x\r\n\r\nhalf\r\n"));

        Assert.Equal("unreached 550", Told(report));
        Assert.Equal("content", report.Phase);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!peer.Received.Contains("half\r\n", StringComparison.Ordinal) && !limit.IsCancellationRequested) await Task.Yield();
        Assert.EndsWith("half\r\n", peer.Received);
    }

    [Fact]
    public async Task Content_that_cannot_be_opened_now_is_tried_again_later()
    {
        await using var peer = new ScriptedPeer("220 hi", Hello);

        Assert.Equal("unreached unreached", Told(await DeliverAsync(peer.Port, store: new FailingContent(null))));
        Assert.DoesNotContain("MAIL", peer.Received);
    }

    [Theory]
    [InlineData("250-peer\r\n250 8BITMIME")]
    [InlineData("250-peer\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 CHUNKING")]
    public async Task Damaged_content_is_no_doubt_and_not_the_peers_fault(string hello)
    {
        await using var peer = new ScriptedPeer("220 hi", hello, Ok, Ok, "550 5.1.1 who", Go, ScriptedPeer.Silence);
        var report = await DeliverAsync(peer.Port, content: Octets.Of($"Subject: x\r\n\r\n{new string('x', 900)}\r\n"), store: new DamagedContent(temp.Store));

        Assert.Equal("unreached 550", Told(report));
        Assert.Contains("store check", Assert.IsType<InvalidDataException>(report.Surprise).Message);
        Assert.True(report.IsOurTrouble);
    }

    [Fact]
    public async Task Content_that_is_gone_fails_every_recipient()
    {
        using var another = new TempStore();
        await using var peer = new ScriptedPeer("220 hi", Hello);

        Assert.Equal("5.3.0 5.3.0", Told(await DeliverAsync(peer.Port, store: another.Store.Content)));
        Assert.DoesNotContain("MAIL", peer.Received);
    }

    [Fact]
    public async Task Who_listens_hears_commands_and_replies_in_order_and_no_content()
    {
        await using var peer = new ScriptedPeer("220 hi", "250-peer\r\n250 SIZE 1000000", Ok, Ok, "550 5.1.1 \u001b[2J who", Go, Ok, "221 bye");
        using var listener = board.Listen(submittedBy: null);
        await DeliverAsync(peer.Port, Octets.Of("Subject: secret\r\n\r\nx\r\n"));

        Assert.Equal(
            [
                "OPEN ID", ">> 220 hi", "<< EHLO mx.example.test", ">> 250-peer", ">> 250 SIZE 1000000", "<< MAIL FROM:<alice@example.net> SIZE=22",
                ">> 250 2.0.0 ok", "<< RCPT TO:<bob@example.test>", ">> 250 2.0.0 ok", "<< RCPT TO:<carol@example.test>", ">> 550 5.1.1 \u001b[2J who",
                "<< DATA", ">> 354 go", "<< (22 octets of content)", ">> 250 2.0.0 ok", "CLOSE ID",
            ],
            Heard(listener));
    }

    [Fact]
    public async Task Who_listens_hears_how_a_session_is_protected_and_why_it_is_not()
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Issue("mx.remote.example");
        using var listener = board.Listen(submittedBy: null);
        await using (var peer = new ScriptedPeer("220 hi", "250-peer\r\n250 STARTTLS", ScriptedPeer.StartTls, "451 not now") { Certificate = certificate })
        {
            Assert.Matches("^TLSv1\\.[23] TLS_[A-Z0-9_]+$", (await DeliverAsync(peer.Port)).Tls);
        }
        var heard = Heard(listener);
        Assert.Matches("^TLSv1\\.[23] TLS_[A-Z0-9_]+$", heard[7]);
        Assert.Equal(["<< EHLO mx.example.test", ">> 451 not now", "CLOSE ID"], heard[8..]);

        await using (var peer = new ScriptedPeer("220 hi", "250-peer\r\n250 STARTTLS", "454 not now") { ScriptAfterwards = ["220 hi", Hello, Ok, Ok, Ok, Go, Ok, "221 bye"] })
        {
            var report = await DeliverAsync(peer.Port);
            Assert.Equal(("delivered delivered", null, "STARTTLS was refused: 454 not now"), (Told(report), report.Tls, report.TlsTrouble));
        }
        heard = Heard(listener);
        Assert.Equal([">> 454 not now", "CLOSE ID: STARTTLS was refused: 454 not now", "OPEN ID", ">> 220 hi"], heard[6..10]);
    }

    [Fact]
    public async Task Who_listens_hears_why_a_connection_came_to_nothing()
    {
        using var listener = board.Listen(submittedBy: null);
        int port;
        await using (var peer = new ScriptedPeer(ScriptedPeer.Close)) await DeliverAsync(port = peer.Port);
        await DeliverAsync(port);

        Assert.Equal(["OPEN ID", "CLOSE ID: the peer closed the connection", "OPEN ID", "CLOSE ID: Connection refused"], Heard(listener));
    }

    [Fact]
    public async Task Another_users_listener_hears_nothing()
    {
        await using var peer = new ScriptedPeer("220 hi", Hello, Ok, Ok, Ok, Go, Ok, "221 bye");
        using var listener = board.Listen(submittedBy: 4_242);
        await DeliverAsync(peer.Port);

        Assert.Empty(Heard(listener));
    }

    /// <summary>Without the peer's column, which is checked, and the queue id.</summary>
    private static List<string> Heard(Listener listener)
    {
        var heard = new List<string>();
        while (listener.TryTake() is { } line)
        {
            Assert.StartsWith("127.0.0.1       ", line);
            heard.Add(Regex.Replace(line[16..], "(?<=^(OPEN|CLOSE) )[0-9A-Z]{12}", "ID"));
        }
        return heard;
    }

    private async Task<AttemptReport> DeliverAsync(
        int port, byte[]? content = null, string[]? to = null, string? own = null, TimeSpan? patience = null,
        IContentStore? store = null, ScriptedDns? dns = null, CancellationToken stop = default)
    {
        var id = await temp.Store.AcceptAsync(default, content, to ?? ["bob@example.test", "carol@example.test"]);
        var message = QueuedMessage.Fold(id, await temp.Store.Events.ReadAsync(StreamId.Message(id), 0, default))!;
        var limit = patience ?? TimeSpan.FromMilliseconds(500);
        var timeouts = new PhaseTimeouts { Connect = limit, Greeting = limit, Mail = limit, Rcpt = limit, Data = limit, Content = limit, Dot = limit, Quit = limit };
        var endpoints = OwnEndpoints.From(own is null ? Settings.Empty : ConfigurationFile.Load(EmptyFile(), [own]));
        var questions = new DnsQuestions([dns?.Server ?? new IPEndPoint(IPAddress.Loopback, 9)], TimeProvider.System);
        var hops = new NextHops(new HostAddresses(endpoints, TimeProvider.System), new MailExchangers(questions, endpoints, RunnerRig.Self, port, mayDial: _ => true));
        var phases = new PhasePipelines(timeouts, TimeProvider.System);
        var idle = new IdleConnections(1, phases, TimeProvider.System);
        var rules = SessionRules.From(Settings.Empty, CredentialsTable.Empty, TimeProvider.System);
        var transport = new SmtpTransport(store ?? temp.Store.Content, hops, new TcpDialer(phases), rules, idle, phases, RunnerRig.Self, board, TimeProvider.System);
        Route route = dns is null ? new Route.Smtp(new NextHop("127.0.0.1", IPAddress.Loopback, port)) : new Route.Exchange(Exchanged);
        var attempt = new Attempt(message, 1, [.. message.Recipients.Values], route) { IntendAsync = (_, _) => Task.FromResult(message.Recipients.Keys.ToValueList()) };
        var report = await transport.DeliverAsync(attempt, stop);
        await idle.CloseAsync();
        return report!;
    }

    private static async Task<bool> IsListeningAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            await Task.Yield();
            return false;
        }
    }

    private string EmptyFile()
    {
        var file = temp.Directory.File("cf");
        using var stream = new FileStream(file, FileMode.Create);
        return file;
    }

    private static string Told(AttemptReport report) => string.Join(' ', report.Results.OrderBy(result => result.Recipient).Select(result => result switch
    {
        RecipientResult.Delivered => "delivered",
        RecipientResult.Refused(_, var reply) => $"{reply.Code}",
        RecipientResult.PutOff(_, _, _, var reply) => $"put-off {reply?.Code}",
        RecipientResult.Failed(_, var status, _) => $"{status}",
        RecipientResult.Unreached => "unreached",
        RecipientResult.InDoubt => "in-doubt",
        _ => "interrupted",
    }));

    /// <summary>A store that has lost what it knows the length of.</summary>
    private sealed class DamagedContent(MailStore store) : IContentStore
    {
        public IContentStaging Stage(QueueId message) => throw new NotSupportedException();

        public async ValueTask<Stream?> OpenAsync(QueueId message, CancellationToken ct)
        {
            await store.SqlAsync("UPDATE content SET octets = NULL");
            return await store.Content.OpenAsync(message, ct);
        }
    }

    /// <summary>A store that breaks after these octets, or before the first when null.</summary>
    private sealed class FailingContent(string? readable) : IContentStore
    {
        public IContentStaging Stage(QueueId message) => throw new NotSupportedException();

        public ValueTask<Stream?> OpenAsync(QueueId message, CancellationToken ct) =>
            ValueTask.FromResult<Stream?>(readable is null ? throw Broken() : new FailingStream(Octets.Of(readable)));

        private static StoreUnavailableException Broken() => new(StoreTrouble.Broken, "the disk is gone");

        private sealed class FailingStream(byte[] octets) : MemoryStream(octets)
        {
            public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
                Position < Length ? base.ReadAsync(buffer, cancellationToken) : throw Broken();
        }
    }
}

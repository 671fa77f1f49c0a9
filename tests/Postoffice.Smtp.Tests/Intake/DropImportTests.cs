using System.Net.Sockets;
using System.Text;
using MimeKit;
using Postoffice.Smtp.Intake;
using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;
using Postoffice.Store.Submission;
using Postoffice.Testing;

namespace Postoffice.Smtp.Tests.Intake;

/// <summary>What sendmail leaves while nobody listens becomes mail, once, and nothing is lost in silence.</summary>
public sealed class DropImportTests : IDisposable
{
    private static readonly DropEnvelope Envelope = new(ReversePath.Parse("root"), [ForwardPath.Parse("bob"), ForwardPath.Parse("carol@example.org")], Notify.Never);
    private readonly CollectedLog log = new();
    private readonly TestListener listener;
    private readonly TempDirectory drop = new();
    private readonly DropImport import;

    public DropImportTests()
    {
        listener = new TestListener(log: log);
        import = new DropImport(listener.Services, listener.Store.Store.Events);
    }

    [Fact]
    public async Task A_file_becomes_a_message_of_its_owner_and_goes()
    {
        var name = Leave("Subject: x\r\n\r\ntext\r\n");
        await RoundAsync();

        var accepted = Assert.Single(await listener.AcceptedAsync());
        Assert.Equal("root@mx.example.test", $"{accepted.From}");
        Assert.Equal(new MessageOrigin("DROP", Uid: Libc.GetEuid()), accepted.Client);
        Assert.Equal([new AcceptedRecipient(1, ForwardPath.Parse("bob"), Notify.Never), new(2, ForwardPath.Parse("carol@example.org"), Notify.Never)], accepted.Recipients);
        Assert.NotNull(Assert.IsType<DropImported>(Assert.Single(await ImportAsync(name)).Fact).Message);
        Assert.Empty(Names());
    }

    [Fact]
    public async Task A_crash_before_the_unlink_takes_it_once()
    {
        var name = Leave("text\r\n");
        var imported = new Append(StreamId.Drop(name), ExpectedVersion.NoStream, new DropImported(QueueId.Parse("0123456789AB")));
        await listener.Store.Store.Events.AppendAsync(imported, TestContext.Current.CancellationToken);

        await RoundAsync();

        Assert.Empty(await listener.AcceptedAsync());
        Assert.Empty(Names());
    }

    [Fact]
    public async Task What_cannot_be_taken_is_recorded_and_set_aside()
    {
        await WriteAsync("0abc", "no envelope\n");
        Libc.Check(Libc.MakeDirectory(drop.File("0dir"), 0x1C0), "mkdir");
        System.IO.Directory.CreateSymbolicLink(drop.File("0link"), "/etc/passwd");

        await RoundAsync();
        await RoundAsync();

        Assert.Equal(["0abc.refused", "0dir.refused", "0link.refused"], Names());
        Assert.Equal("does not begin with an envelope", Assert.IsType<DropImported>(Assert.Single(await ImportAsync("0abc")).Fact).Reason);
        Assert.Single(await ImportAsync("0link"));
        Assert.Empty(await listener.AcceptedAsync());
    }

    [Fact]
    public async Task A_name_no_sendmail_makes_is_set_aside_under_another()
    {
        await WriteAsync("evil name\u202e;", "postoffice-drop 1\n");
        await RoundAsync();
        Assert.StartsWith("odd-", Assert.Single(Names()));
    }

    [Fact]
    public async Task Bare_line_ends_are_refused_here_too()
    {
        var name = Leave("text\n.\n");
        await RoundAsync();
        Assert.Equal([name + ".refused"], Names());
    }

    [Fact]
    public async Task A_message_that_is_refused_comes_back_to_its_owner()
    {
        var hops = string.Concat(Enumerable.Repeat("Received: from a by b; x\r\n", 101));
        var name = Leave($"Subject: nightly job\r\n{hops}\r\ntext\r\n");
        await RoundAsync();
        await RoundAsync();

        var accepted = Assert.Single(await listener.FactsAsync(), fact => fact.Fact is MessageAccepted);
        var recorded = Assert.Single(await ImportAsync(name));
        Assert.Equal(recorded.Position, accepted.CausedBy);
        var notice = (MessageAccepted)accepted.Fact;
        Assert.Equal((true, "DSN", "root"), (notice.From.IsNull, notice.Client.Protocol, $"{Assert.Single(notice.Recipients).To}"));
        Assert.Equal([name + ".refused"], Names());

        var content = await listener.ContentAsync(accepted);
        using var message = await MimeMessage.LoadAsync(new MemoryStream(Octets.Of(content)), TestContext.Current.CancellationToken);
        Assert.Equal("auto-replied", message.Headers[HeaderId.AutoSubmitted]);
        var report = Assert.IsType<MultipartReport>(message.Body);
        var text = ((TextPart)report[0]).Text;
        Assert.Contains("Too many Received fields", text);
        Assert.Contains(drop.File(name + ".refused"), text);
        var status = Assert.IsType<MessageDeliveryStatus>(report[1]).StatusGroups;
        Assert.Equal(["rfc822; bob@mx.example.test", "rfc822; carol@example.org"], status.Skip(1).Select(group => group["Final-Recipient"]));
        Assert.All(status.Skip(1), group => Assert.Equal(("failed", "5.4.6"), (group["Action"], group["Status"])));
        Assert.Equal("nightly job", Assert.IsType<TextRfc822Headers>(report[2]).Message!.Headers[0].Value);
        Assert.DoesNotContain("text\r\n", content[content.IndexOf("nightly job", StringComparison.Ordinal)..]);
        Assert.All(content.Split("\r\n"), line => Assert.False(line.AsSpan().ContainsAnyExceptInRange(' ', '~')));
    }

    [Theory]
    [InlineData("size=10", "a text of more than ten octets\r\n", "5.3.4")]
    [InlineData("max-header=10000", "X-Long: {10000}\r\n\r\ntext\r\n", "5.3.4")]
    [InlineData("hops=100", "text\n", "5.6.0")]
    public async Task Whatever_is_refused_comes_back(string setting, string content, string status)
    {
        using var strict = new TestListener(log: log, settings: setting);
        Leave(content.Replace("{10000}", new string('x', 10_000)));
        await new DropImport(strict.Services, strict.Store.Store.Events).RoundAsync(drop.Path, TestContext.Current.CancellationToken);

        var bounce = Assert.Single(await strict.FactsAsync(), recorded => recorded.Fact is MessageAccepted);
        Assert.Contains($"Status: {status}\r\n", await strict.ContentAsync(bounce));
    }

    [Fact]
    public async Task The_limit_of_recipients_is_for_sessions_not_for_files()
    {
        var many = Envelope with { Recipients = [.. Enumerable.Range(1, 1_001).Select(number => ForwardPath.Parse($"user{number}@example.org"))] };
        DropFile.Write(drop.Path, many, new MemoryStream(Octets.Of("text\r\n")));
        await RoundAsync();
        Assert.Equal(1_001, Assert.Single(await listener.AcceptedAsync()).Recipients.Count);
    }

    [Fact]
    public async Task An_unfinished_file_waits()
    {
        await WriteAsync("0abc.part", "postoffice-drop 1\n");
        await RoundAsync();
        Assert.Equal(["0abc.part"], Names());
    }

    [Theory]
    [InlineData("""{"from":"root"}""")]
    [InlineData("""{"recipients":["bob"]}""")]
    [InlineData("""{"from":null,"recipients":["bob"]}""")]
    [InlineData("""{"from":"root","recipients":null}""")]
    [InlineData("""{"from":"root","recipients":[null]}""")]
    [InlineData("""{"from":"root","recipients":["\ud800"]}""")]
    public async Task An_envelope_that_lacks_something_is_refused_and_the_next_file_is_taken(string envelope)
    {
        await WriteAsync("0abc", $"postoffice-drop 1\n{envelope}\ntext\r\n");
        Leave("text\r\n");

        await RoundAsync();

        Assert.Single(await listener.AcceptedAsync());
        Assert.Equal(["0abc.refused"], Names());
    }

    [Fact]
    public async Task What_is_no_file_is_set_aside_and_told_once()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(drop.File("0socket")));
        using var mkfifo = ChildProcess.Start("mkfifo", drop.File("0fifo"));
        Assert.Equal(0, await mkfifo.ExitAsync(TestContext.Current.CancellationToken));

        await RoundAsync();
        await RoundAsync();

        Assert.Equal(["0fifo.refused", "0socket.refused"], Names());
        Assert.Equal(2, log.Lines.Count);
        Assert.All(log.Lines, line => Assert.Contains("is not a regular file", line));
    }

    [Theory]
    [InlineData("0abc")]
    [InlineData("odd name")]
    public async Task What_stands_where_a_file_is_set_aside_does_not_keep_it(string name)
    {
        Libc.Check(Libc.MakeDirectory(drop.File(DropName.Safe(name) + ".refused"), 0x1C0), "mkdir");
        await WriteAsync(name, "no envelope\n");

        await RoundAsync();
        await RoundAsync();

        Assert.All(Names(), left => Assert.EndsWith(".refused", left));
        Assert.Equal(2, Names().Length);
        Assert.Single(await ImportAsync(DropName.Safe(name)));
        Assert.Single(log.Lines);
    }

    [Fact]
    public void A_trouble_that_lasts_is_told_once_and_again_when_it_comes_back()
    {
        var trouble = new DropTroubles();
        Assert.True(trouble.IsNew("0abc", "full"));
        trouble.EndRound();
        Assert.False(trouble.IsNew("0abc", "full"));
        trouble.EndRound();
        Assert.True(trouble.IsNew("0abc", "locked"));
        trouble.EndRound();
        Assert.True(trouble.IsNew("0abc", "full"));
    }

    [Fact]
    public async Task A_file_that_meets_a_bug_of_ours_is_set_aside_and_the_others_are_taken()
    {
        var buggy = new BuggyOnce(listener.Store.Store.Content);
        using var other = new TestListener(content: buggy, log: log);
        Leave("text\r\n");
        Leave("text\r\n");

        await new DropImport(other.Services, other.Store.Store.Events).RoundAsync(drop.Path, TestContext.Current.CancellationToken);

        Assert.EndsWith(".refused", Assert.Single(Names()));
        Assert.Equal(2, (await other.AcceptedAsync()).Count); // the other message, and the bounce of this one
        Assert.Contains(log.Lines, line => line.Contains("met a surprise", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_missing_directory_is_no_trouble() =>
        await import.RoundAsync(drop.File("none"), TestContext.Current.CancellationToken);

    public void Dispose()
    {
        listener.Dispose();
        drop.Dispose();
    }

    private string Leave(string content) => DropFile.Write(drop.Path, Envelope, new MemoryStream(Octets.Of(content)));

    private async Task WriteAsync(string name, string text)
    {
        using var file = SafeFile.Open(drop.File(name), Libc.O_WRONLY | Libc.O_CREAT);
        await RandomAccess.WriteAsync(file, Encoding.UTF8.GetBytes(text), 0);
    }

    private async Task RoundAsync() =>
        await import.RoundAsync(drop.Path, TestContext.Current.CancellationToken);

    private async Task<IReadOnlyList<RecordedEvent>> ImportAsync(string name) =>
        await listener.Store.Store.Events.ReadAsync(StreamId.Drop(name), 0, TestContext.Current.CancellationToken);

    /// <summary>The first message put into it meets a bug.</summary>
    private sealed class BuggyOnce(IContentStore store) : IContentStore
    {
        private bool met;

        public IContentStaging Stage(QueueId message)
        {
            if (met) return store.Stage(message);
            met = true;
            throw new InvalidOperationException("a bug");
        }

        public ValueTask<Stream?> OpenAsync(QueueId message, CancellationToken ct) => store.OpenAsync(message, ct);
    }

    private string[] Names() => [.. new DirectoryInfo(drop.Path).EnumerateFileSystemInfos().Select(file => file.Name).Order(StringComparer.Ordinal)];
}

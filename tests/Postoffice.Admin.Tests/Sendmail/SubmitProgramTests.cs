using System.IO.Pipelines;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;
using Postoffice.Store.Submission;
using Postoffice.Testing;

namespace Postoffice.Admin.Tests.Sendmail;

/// <summary>sendmail as its callers know it, against a listener that does as it is told, and against none.</summary>
public sealed class SubmitProgramTests : IDisposable
{
    private readonly TempDirectory directory = new();

    public SubmitProgramTests()
    {
        Directory.CreateDirectory(directory.File("drop"));
        using var file = new StreamWriter(new FileStream(directory.File("cf"), FileMode.CreateNew));
        file.Write($"hostname=mx.example.test\nlisten=unix:{directory.File("s")}\ndrop={directory.File("drop")}\nstore={directory.File("store/postoffice.db")}\n");
    }

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task The_envelope_carries_what_the_options_say()
    {
        await using var listener = Listener();
        var run = await SendAsync("Subject: hi\n\nhello\n", "-f", "alice@example.net", "-N", "success,failure", "-R", "hdrs", "-V", "id+1", "-B", "8BITMIME", "bob@example.test", "carol");

        Assert.Equal(new ProgramRun(0, "", ""), run);
        Assert.Equal(
            [
                "EHLO localhost",
                "MAIL FROM:<alice@example.net> BODY=8BITMIME RET=HDRS ENVID=id+2B1",
                "RCPT TO:<bob@example.test> NOTIFY=SUCCESS,FAILURE",
                "RCPT TO:<carol> NOTIFY=SUCCESS,FAILURE",
                "DATA",
            ],
            listener.Commands.Take(5));
        Assert.Equal("Subject: hi\r\n\r\nhello\r\n", listener.Content);
    }

    [Theory]
    [InlineData("", "MAIL FROM:<>")]
    [InlineData("<>", "MAIL FROM:<>")]
    [InlineData("Alice <alice@example.net>", "MAIL FROM:<alice@example.net>")]
    [InlineData("jürg@example.net", "MAIL FROM:<jürg@example.net> SMTPUTF8")]
    public async Task A_sender_is_given_in_any_form(string given, string command)
    {
        await using var listener = Listener();
        Assert.Equal(0, (await SendAsync("\nx\n", "-f", given, "bob")).ExitCode);
        Assert.Equal(command, System.Text.Encoding.UTF8.GetString(Octets.Of(listener.Commands[1])));
    }

    [Fact]
    public async Task With_t_everybody_in_the_header_gets_it_and_bcc_is_removed()
    {
        await using var listener = Listener();
        const string message = "From daemon Sun Nov 22\nTo: Bob <bob@a.test>,\n carol@b.test\nX-Keep: 1\nBCC : hidden@c.test,\n\thidden2@c.test\nSubject: hi\n\nBcc: not a header\n";
        var run = await SendAsync(message, "-t", "-i", "dave@d.test");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            ["dave@d.test", "bob@a.test", "carol@b.test", "hidden@c.test", "hidden2@c.test"],
            listener.Commands.Where(command => command.StartsWith("RCPT", StringComparison.Ordinal)).Select(command => command["RCPT TO:<".Length..^1]));
        Assert.Equal("To: Bob <bob@a.test>,\r\n carol@b.test\r\nX-Keep: 1\r\nSubject: hi\r\n\r\nBcc: not a header\r\n", listener.Content);
    }

    [Fact]
    public async Task A_resent_message_goes_to_the_resent_fields_alone()
    {
        await using var listener = Listener();
        await SendAsync("To: bob@a.test\nResent-To: carol@b.test\nResent-Bcc: dave@c.test\n\nx\n", "-t");
        Assert.Equal(["RCPT TO:<carol@b.test>", "RCPT TO:<dave@c.test>"], listener.Commands.Where(command => command.StartsWith("RCPT", StringComparison.Ordinal)));
        Assert.DoesNotContain("dave", listener.Content);
    }

    [Theory]
    [InlineData("just text\nmore\n", "From: \"A \\\"B\\\" C\" <alice@example.net>\r\n\r\njust text\r\nmore\r\n")]
    [InlineData("Subject: x\n\ntext\n", "From: \"A \\\"B\\\" C\" <alice@example.net>\r\nSubject: x\r\n\r\ntext\r\n")]
    [InlineData("From: other@example.net\n\ntext\n", "From: other@example.net\r\n\r\ntext\r\n")]
    public async Task A_full_name_makes_the_from_field_that_is_missing(string message, string content)
    {
        await using var listener = Listener();
        await SendAsync(message, "-f", "alice@example.net", "-F", "A \"B\"\nC", "bob");
        Assert.Equal(content, listener.Content);
    }

    [Fact]
    public async Task Dots_are_doubled_and_lone_ones_do_not_end_the_session()
    {
        await using var listener = Listener();
        await SendAsync("\n.\n..\n.\r\nMAIL FROM:<x>\n", "-i", "bob");
        Assert.Equal("\r\n..\r\n...\r\n..\r\nMAIL FROM:<x>\r\n", listener.Content);
        Assert.DoesNotContain("MAIL FROM:<x>", listener.Commands);
    }

    [Fact]
    public async Task A_refused_recipient_is_told_and_the_others_get_their_mail()
    {
        await using var listener = Listener(command => command.Contains("nobody", StringComparison.Ordinal) ? "550 5.1.1 No such user \u001b[31m" : null);
        var run = await SendAsync("\nx\n", "nobody", "bob");
        Assert.Equal(67, run.ExitCode);
        Assert.Contains("Ignoring unknown recipient <nobody>: 550 5.1.1 No such user \\x1B[31m", run.Error);
        Assert.Equal("\r\nx\r\n", listener.Content);

        var none = await SendAsync("\nx\n", "nobody");
        Assert.Equal(67, none.ExitCode);
        Assert.Contains("nothing was sent", none.Error);
    }

    [Theory]
    [InlineData("MAIL", "550 5.7.1 Not you", 77)]
    [InlineData(".", "552 5.3.4 Too big", 65)]
    [InlineData("", "554 No service here", 69)]
    public async Task A_refusal_for_good_ends_with_the_code_of_its_kind(string at, string reply, int exitCode)
    {
        await using var listener = Listener(command => (at.Length == 0 ? command.Length == 0 : command.StartsWith(at, StringComparison.Ordinal)) ? reply : null);
        var run = await SendAsync("\nx\n", "bob");
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains(reply, run.Error);
        Assert.Empty(Dropped());
    }

    [Theory]
    [InlineData("")]
    [InlineData("MAIL")]
    [InlineData("RCPT")]
    [InlineData("DATA")]
    [InlineData(".")]
    public async Task A_listener_that_cannot_now_leaves_the_mail_in_the_drop_directory(string at)
    {
        await using var listener = Listener(command => (at.Length == 0 ? command.Length == 0 : command.StartsWith(at, StringComparison.Ordinal)) ? "451 4.3.0 Later" : null);
        Assert.Equal(new ProgramRun(0, "", ""), await SendAsync("Subject: cron\n\nx\n", "bob"));
        Assert.Single(Dropped());
    }

    [Fact]
    public async Task More_recipients_than_the_listener_takes_at_once_get_it_in_several_transactions()
    {
        var taken = 0;
        await using var listener = Listener(command =>
        {
            if (command.StartsWith("MAIL", StringComparison.Ordinal)) taken = 0;
            return command.StartsWith("RCPT", StringComparison.Ordinal) && ++taken > 100 ? "452 4.5.3 Too many recipients" : null;
        });
        var users = Enumerable.Range(1, 250).Select(number => $"user{number}").ToArray();

        Assert.Equal(new ProgramRun(0, "", ""), await SendAsync("Subject: all\n\nx\n", users));

        Assert.Equal(3, listener.Commands.Count(command => command == "DATA"));
        Assert.Equal(users, Given(listener).Distinct());
        Assert.Empty(Dropped());
    }

    [Theory]
    [InlineData("451 4.3.0 Later", 0)]
    [InlineData("552 5.3.4 Too big", 67)]
    public async Task Only_recipients_that_nobody_has_taken_the_mail_for_are_left_or_refused(string second, int exitCode)
    {
        var dots = 0;
        await using var listener = Listener(command => command switch
        {
            "RCPT TO:<bob>" when dots == 0 => "452 4.5.3 Too many recipients",
            "RCPT TO:<nobody>" => "550 5.1.1 No such user",
            "." when ++dots == 2 => second,
            _ => null,
        });
        var run = await SendAsync("Subject: all\n\nx\n", "alice", "bob", "carol");

        Assert.Equal(exitCode, run.ExitCode);
        if (exitCode == 0) Assert.Equal(["bob", "carol"], Envelope(Assert.Single(Dropped())).Recipients.Select(recipient => $"{recipient}"));
        else Assert.Contains("Ignoring unknown recipient <carol>: 552", run.Error);
    }

    [Fact]
    public async Task After_its_250_a_listener_that_vanishes_does_not_get_the_mail_again()
    {
        await using var listener = new VanishingListener(directory.File("s"));
        Assert.Equal(new ProgramRun(0, "", ""), await SendAsync("Subject: once\n\nx\n", "bob"));
        Assert.True(listener.HasTaken);
        Assert.Empty(Dropped());
    }

    [Fact]
    public async Task A_message_over_the_limit_is_refused_at_once_when_nobody_listens()
    {
        var run = await SendAsync("Subject: big\n\n0123456789\n", "-o", "size=20", "bob");
        Assert.Equal(65, run.ExitCode);
        Assert.Contains("(size=)", run.Error);
        Assert.Empty(Dropped());
    }

    [Fact]
    public async Task What_turns_text_around_is_escaped_in_complaints()
    {
        await using var listener = Listener(command => command.StartsWith("RCPT", StringComparison.Ordinal) ? "550 5.1.1 No" : null);
        Assert.Contains(@"<\u{202E}bob>", (await SendAsync("\nx\n", "\u202ebob")).Error);
    }

    [Fact]
    public async Task Without_a_listener_the_mail_waits_whole_in_the_drop_directory()
    {
        var run = await SendAsync("Subject: cron\n\n.x\n", "-f", "alice@example.net", "-N", "never", "-V", "id1", "-R", "full", "bob", "carol@example.test");
        Assert.Equal(new ProgramRun(0, "", ""), run);

        var path = Assert.Single(Dropped());
        Assert.DoesNotContain(".part", path);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead, new FileInfo(path).UnixFileMode);
        await using var file = new FileStream(path, FileMode.Open);
        var envelope = DropFile.ReadEnvelope(file)!;
        Assert.Equal("alice@example.net", $"{envelope.From}");
        Assert.Equal(["bob", "carol@example.test"], envelope.Recipients.Select(recipient => $"{recipient}"));
        Assert.Equal((Notify.Never, Ret.Full, "id1"), (envelope.Notify, envelope.Ret, envelope.EnvelopeId));
        using var content = new StreamReader(file);
        Assert.Equal("Subject: cron\r\n\r\n.x\r\n", await content.ReadToEndAsync());
    }

    [Fact]
    public async Task Without_f_the_sender_is_who_calls()
    {
        await using var listener = Listener();
        Assert.Equal(0, (await SendAsync("\nx\n", "bob")).ExitCode);
        Assert.Equal($"MAIL FROM:<{SystemUser.Find(Libc.GetUid())!.Name}>", listener.Commands[1]);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("\n", "\r\n")]
    [InlineData(".\n", "")]
    public async Task An_empty_message_is_sent(string message, string content)
    {
        await using var listener = Listener();
        Assert.Equal(new ProgramRun(0, "", ""), await SendAsync(message, "bob"));
        Assert.Contains("DATA", listener.Commands);
        Assert.Equal(content, listener.Content);
    }

    [Fact]
    public async Task A_setting_of_o_comes_after_the_file_wherever_it_stands()
    {
        Directory.CreateDirectory(directory.File("other"));
        var run = await ProgramRun.Of("sendmail", "\nx\n", "-o", $"drop={directory.File("other")}", "-C", directory.File("cf"), "bob");
        Assert.Equal(new ProgramRun(0, "", ""), run);
        Assert.Empty(Dropped());
        Assert.Single(Directory.GetFiles(directory.File("other")));
    }

    [Fact]
    public async Task With_neither_listener_nor_drop_directory_it_is_temporary()
    {
        Directory.Delete(directory.File("drop"));
        var run = await SendAsync("\nx\n", "bob");
        Assert.Equal(75, run.ExitCode);
        Assert.Contains("Start postoffice-smtpd and send it again", run.Error);
    }

    [Theory]
    [InlineData(67, "No recipients")]
    [InlineData(67, "Ignoring unknown recipient <a b>", "a b")]
    [InlineData(67, "Unknown sender <a b>", "-f", "a b", "bob")]
    [InlineData(64, "illegal option -- Z", "-Z", "bob")]
    [InlineData(66, "configuration cannot be read", "-C", "/nonexistent/cf", "bob")]
    public async Task What_cannot_be_sent_is_said(int exitCode, string sentence, params string[] arguments)
    {
        var run = await SendAsync("\nx\n", arguments);
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains(sentence, run.Error);
        Assert.Empty(Dropped());
    }

    [Fact]
    public async Task A_long_message_is_sent_as_it_came()
    {
        await using var listener = Listener();
        var body = string.Concat(Enumerable.Repeat("0123456789 a line of text that is not short\n", 60_000)); // 2.6 MB: goes through the unlinked file
        Assert.Equal(0, (await SendAsync("Subject: long\n\n" + body, "bob")).ExitCode);
        Assert.Equal("Subject: long\r\n\r\n" + body.Replace("\n", "\r\n"), listener.Content);
    }

    [Fact]
    public async Task A_header_without_end_is_refused()
    {
        var run = await SendAsync(string.Concat(Enumerable.Repeat("X-Long: 0123456789012345678901234567890123456789\n", 30_000)), "bob");
        Assert.Equal(65, run.ExitCode);
        Assert.Contains("header is longer", run.Error);
    }

    [Fact]
    public async Task A_piped_session_is_carried_both_ways()
    {
        await using var listener = Listener();
        var run = await ProgramRun.Of("sendmail", "EHLO x\r\nMAIL FROM:<a@b>\r\nQUIT\r\n", "-C", directory.File("cf"), "-bs");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("220 mx.example.test ESMTP\r\n250 2.0.0 Ok\r\n250 2.0.0 Ok\r\n221 2.0.0 Bye\r\n", run.Output);
    }

    [Fact]
    public async Task A_piped_session_ends_with_the_listener_though_the_caller_holds_his_end_open()
    {
        await using var listener = Listener();
        var caller = new Pipe();
        await caller.Writer.WriteAsync("QUIT\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        using var output = new MemoryStream();
        using var screen = new Screen(new Unending(caller.Reader.AsStream()), output, TextWriter.Null, isTerminal: false, TimeProvider.System);
        Assert.Equal(0, await Invocation.RunAsync("sendmail", ["-C", directory.File("cf"), "-bs"], screen, TestContext.Current.CancellationToken));
        Assert.EndsWith("221 2.0.0 Bye\r\n", System.Text.Encoding.UTF8.GetString(output.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_piped_session_without_a_listener_is_turned_away()
    {
        var run = await ProgramRun.Of("sendmail", "QUIT\r\n", "-C", directory.File("cf"), "-bs");
        Assert.Equal(75, run.ExitCode);
        Assert.StartsWith("421 4.3.2 ", run.Output, StringComparison.Ordinal);
    }

    private ScriptedListener Listener(Func<string, string?>? answer = null) => new(directory.File("s"), answer);

    private static IEnumerable<string> Given(ScriptedListener listener) =>
        listener.Commands.Where(command => command.StartsWith("RCPT", StringComparison.Ordinal)).Select(command => command["RCPT TO:<".Length..^1]);

    private static DropEnvelope Envelope(string path)
    {
        using var file = new FileStream(path, FileMode.Open);
        return DropFile.ReadEnvelope(file)!;
    }

    private string[] Dropped() => Directory.GetFiles(directory.File("drop"));

    private Task<ProgramRun> SendAsync(string message, params string[] arguments) =>
        ProgramRun.Of("/usr/sbin/sendmail", message, arguments is ["-C", ..] ? arguments : ["-C", directory.File("cf"), .. arguments]);

    /// <summary>As standard input is: a read under way does not heed cancellation.</summary>
    private sealed class Unending(Stream inner) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, CancellationToken.None);
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

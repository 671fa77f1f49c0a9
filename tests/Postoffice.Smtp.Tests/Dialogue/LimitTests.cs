using System.Text;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Tests.Dialogue;

/// <summary>D07, D08, D09, P18: floods cost the client, not us.</summary>
public sealed class LimitTests
{
    private const string Envelope = "EHLO x\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<root@example.test>\r\n";

    [Fact]
    public async Task Recipients_beyond_the_limit_get_452_and_the_rest_is_delivered()
    {
        using var listener = new TestListener(settings: "max-recipients=100");
        var flood = new StringBuilder("EHLO x\r\nMAIL FROM:<a@example.net>\r\n");
        for (var i = 0; i < 150; i++) flood.Append($"RCPT TO:<r{i}@example.org>\r\n");
        var said = await listener.SayAsync(flood + "DATA\r\n.\r\nQUIT\r\n", new Smtp.Dialogue.ClientPeer(TestListener.Own));

        Assert.Equal(50, said.Split('\n').Count(line => line == "452 4.5.3 Too many recipients"));
        Assert.Equal(100, Assert.Single(await listener.AcceptedAsync()).Recipients.Count);
    }

    [Fact]
    public async Task The_same_recipient_twice_counts_once()
    {
        using var listener = new TestListener();
        await listener.SayAsync(Envelope + "RCPT TO:<root@EXAMPLE.test>\r\nDATA\r\n.\r\nQUIT\r\n");
        Assert.Equal([ForwardPath.Parse("root@example.test")], Assert.Single(await listener.AcceptedAsync()).Recipients.Select(recipient => recipient.To));
    }

    [Fact]
    public async Task An_endless_command_line_is_refused_once_and_cut_off_soon()
    {
        using var listener = new TestListener();
        var said = await listener.SayAsync("EHLO " + new string('a', 200_000));
        Assert.Equal("220 mx.example.test ESMTP\n500 5.5.2 Line too long\n421 4.7.0 Too many errors\n", said);
    }

    [Fact]
    public async Task A_line_too_long_is_one_refusal_and_the_session_goes_on()
    {
        using var listener = new TestListener();
        var said = await listener.SayAsync("EHLO " + new string('a', 20_000) + "\r\nNOOP\r\nQUIT\r\n");
        Assert.EndsWith("500 5.5.2 Line too long\n250 2.0.0 Ok\n221 2.0.0 Closing\n", said);
    }

    [Fact]
    public async Task A_line_beyond_64_KiB_ends_the_session_also_when_it_came_in_one_piece()
    {
        using var listener = new TestListener();
        var said = await listener.SayAsync("EHLO " + new string('a', 70_000) + "\r\nNOOP\r\n");
        Assert.EndsWith("500 5.5.2 Line too long\n421 4.7.0 Too many errors\n", said);
    }

    [Theory]
    [InlineData(998, "250")]
    [InlineData(999, "554 5.6.0")]
    public async Task A_line_of_content_may_have_998_octets_before_its_CRLF(int octets, string reply)
    {
        using var listener = new TestListener();
        var said = await listener.SayAsync(Envelope + "DATA\r\n\r\n" + new string('a', octets) + "\r\n.\r\nQUIT\r\n");
        Assert.StartsWith(reply, said.Split('\n')[^3]);
    }

    [Fact]
    public async Task A_local_program_may_send_lines_of_any_length()
    {
        using var listener = new TestListener();
        var local = new Smtp.Dialogue.ClientPeer(null, new Smtp.Dialogue.LocalCaller(0, "root", ""));
        await listener.SayAsync(Envelope + "DATA\r\n\r\n" + new string('a', 100_000) + "\r\n.\r\nQUIT\r\n", local);
        Assert.Equal(100_004, Assert.Single(await listener.AcceptedAsync()).Size);
    }

    [Fact]
    public async Task A_header_beyond_its_limit_is_refused()
    {
        using var listener = new TestListener(settings: "max-header=10000");
        var said = await listener.SayAsync(Envelope + "DATA\r\n" + string.Concat(Enumerable.Repeat("X: y\r\n", 2_000)) + "\r\n.\r\nQUIT\r\n");
        Assert.Contains("552 5.3.4 Header larger than the limit", said);
    }

    [Fact]
    public async Task Large_content_comes_out_of_the_store_as_it_came_in()
    {
        using var listener = new TestListener();
        var text = "Subject: x\r\n\r\n" + string.Concat(Enumerable.Range(0, 40_000).Select(i => $".line {i}\r\n"));
        await listener.SayAsync(Envelope + "DATA\r\n" + text.Replace("\r\n.", "\r\n..", StringComparison.Ordinal) + ".\r\nQUIT\r\n");

        var accepted = (await listener.FactsAsync()).Single(recorded => recorded.Fact is Postoffice.Store.Events.MessageAccepted);
        Assert.Equal(text, await listener.ContentAsync(accepted));
    }
}

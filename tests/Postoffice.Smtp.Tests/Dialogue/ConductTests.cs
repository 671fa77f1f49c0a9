using System.Text;
using Postoffice.Smtp.Dialogue;

namespace Postoffice.Smtp.Tests.Dialogue;

/// <summary>A session that brings no mail ends, whatever its commands are (D07).</summary>
public sealed class ConductTests
{
    private const string Envelope = "EHLO x\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<root@example.test>\r\n";

    [Theory]
    [InlineData("", "NOOP")]
    [InlineData("", "HELP")]
    [InlineData("", "VRFY root")]
    [InlineData("", "RSET")]
    [InlineData("", "EHLO x")]
    [InlineData("EHLO x\r\n", "MAIL FROM:<a@example.net>\r\nRSET")]
    [InlineData("EHLO x\r\nMAIL FROM:<a@example.net>\r\n", "RCPT TO:<nobody-here@example.test>")]
    [InlineData("EHLO x\r\nMAIL FROM:<a@example.net>\r\n", "RCPT TO:<root@example.test>")]
    [InlineData(Envelope, "BDAT 0")]
    [InlineData("EHLO x\r\n", "MAIL FROM:<a@example.net> SIZE=9000000000000000000")]
    public async Task Harmless_commands_without_end_end_the_session(string before, string command)
    {
        using var listener = new TestListener();
        var said = await listener.SayAsync(before + string.Concat(Enumerable.Repeat(command + "\r\n", 200)));
        Assert.EndsWith("421 4.7.0 Too many errors\n", said);
    }

    [Fact]
    public async Task A_hundred_of_them_cost_nothing()
    {
        using var listener = new TestListener(settings: "max-errors=1");
        var said = await listener.SayAsync(string.Concat(Enumerable.Repeat("NOOP\r\n", 100)) + "QUIT\r\n");
        Assert.EndsWith("250 2.0.0 Ok\n221 2.0.0 Closing\n", said);
    }

    [Fact]
    public async Task Each_accepted_message_begins_the_count_anew()
    {
        using var listener = new TestListener(settings: "max-errors=2");
        var one = string.Concat(Enumerable.Repeat("NOOP\r\n", 90)) + "WHAT\r\n" + Envelope + "DATA\r\nx\r\n.\r\n";
        var other = string.Concat(Enumerable.Repeat("NOOP\r\n", 90)) + "WHAT\r\n" + Envelope + "BDAT 3 LAST\r\nx\r\n";
        var said = await listener.SayAsync(one + other + one + "QUIT\r\n");
        Assert.EndsWith("accepted\n221 2.0.0 Closing\n", said);
        Assert.Equal(3, (await listener.AcceptedAsync()).Count);
    }

    [Fact]
    public async Task A_list_longer_than_the_limit_of_recipients_is_no_offence_but_an_endless_one_is()
    {
        using var listener = new TestListener(settings: "max-recipients=100");
        var flood = new StringBuilder("EHLO x\r\nMAIL FROM:<a@example.net>\r\n");
        for (var i = 0; i < 1_100; i++) flood.Append($"RCPT TO:<r{i}@example.org>\r\n");
        var own = new ClientPeer(TestListener.Own);
        Assert.EndsWith("accepted\n221 2.0.0 Closing\n", await listener.SayAsync(flood + "DATA\r\n.\r\nQUIT\r\n", own));

        for (var i = 0; i < 100; i++) flood.Append($"RCPT TO:<s{i}@example.org>\r\n");
        Assert.EndsWith("421 4.7.0 Too many errors\n", await listener.SayAsync(flood + "DATA\r\n.\r\nQUIT\r\n", own));
    }
}

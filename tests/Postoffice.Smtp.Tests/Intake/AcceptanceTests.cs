using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Testing;

namespace Postoffice.Smtp.Tests.Intake;

/// <summary>What the envelope said is in the fact, also what we honour only later.</summary>
public sealed class AcceptanceTests
{
    [Fact]
    public async Task Parameters_of_the_envelope_are_kept()
    {
        using var listener = new TestListener();
        var said = await listener.SayAsync(
            "EHLO x\r\nMAIL FROM:<\u00c3\u00a9@example.net> SMTPUTF8 BODY=8BITMIME RET=HDRS ENVID=QQ+2B1 SIZE=10\r\n"
            + "RCPT TO:<root@example.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;bob+2Btag@example.org\r\nRCPT TO:<postmaster@example.test> NOTIFY=NEVER\r\n"
            + "DATA\r\nx\r\n.\r\nQUIT\r\n");
        Assert.Contains("accepted", said);

        var accepted = Assert.Single(await listener.AcceptedAsync());
        Assert.Equal("é@example.net", $"{accepted.From}");
        Assert.Equal((true, "8BITMIME", Ret.Headers, "QQ+1"), (accepted.SmtpUtf8, accepted.Body, accepted.Ret, accepted.EnvelopeId));
        Assert.Equal(
            [
                new AcceptedRecipient(1, ForwardPath.Parse("root@example.test"), Notify.Success | Notify.Delay, "rfc822;bob+2Btag@example.org"),
                new AcceptedRecipient(2, ForwardPath.Parse("postmaster@example.test"), Notify.Never),
            ],
            accepted.Recipients);
    }

    [Theory]
    [InlineData("DATA\r\nhell\u00c3\u00b6\r\n.\r\n", true)]
    [InlineData("DATA\r\nX: \u00c3\u00b6\r\n\r\nhello\r\n.\r\n", true)]
    [InlineData("BDAT 4\r\nhellBDAT 4 LAST\r\n\u00c3\u00b6\r\n", true)]
    [InlineData("DATA\r\nhello\r\n.\r\n", false)]
    public async Task Octets_above_127_are_noted_whatever_the_client_said_of_them(string content, bool isEightBit)
    {
        using var listener = new TestListener();
        await listener.SayAsync($"EHLO x\r\nMAIL FROM:<a@example.net> BODY=7BIT\r\nRCPT TO:<root@example.test>\r\n{content}QUIT\r\n");

        Assert.Equal(isEightBit, Assert.Single(await listener.AcceptedAsync()).EightBit);
    }

    [Fact]
    public async Task What_is_added_is_one_fact_in_the_acceptances_own_append()
    {
        using var listener = new TestListener();
        await listener.SayAsync("EHLO x\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<root@example.test>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n");

        var facts = await listener.FactsAsync();
        Assert.Equal([typeof(MessageAccepted), typeof(HeadersAdded)], facts.Select(recorded => recorded.Fact.GetType()));
        var added = (HeadersAdded)facts[1].Fact;
        Assert.All((string[])["Date", "Message-ID", "From"], name => Assert.Single(added.Fields, field => field.IsNamed(name)));
        Assert.Equal(facts[0].RecordedAt, facts[1].RecordedAt);
    }
}

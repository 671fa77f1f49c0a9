using CsCheck;
using Postoffice.Smtp.Grammar;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Tests.Grammar;

/// <summary>Parsers answer, whatever they are given; and what they take reads back.</summary>
public sealed class ArgumentsTests
{
    private static readonly Gen<string> Text = Gen.OneOf(
        "FROM:", "TO:", "<", ">", " ", "\"", "\\", "@", ":", ",", "a", "root", "example.test", "[192.0.2.1]", "SIZE=", "BODY=7BIT", "NOTIFY=", "NEVER",
        "ORCPT=rfc822;", "ENVID=", "+41", "+0A", "RET=FULL", "SMTPUTF8", "=", "é", "\0", "\u2028", "1", "LAST").List[0, 12].Select(string.Concat);

    [Fact]
    public void Anything_can_be_parsed_without_a_surprise() => Text.Sample(text =>
    {
        MailArguments.Parse(text, localPartOnly: true, out _);
        MailArguments.Parse("FROM:<a@example.net> " + text, localPartOnly: false, out _);
        RcptArguments.Parse(text, smtpUtf8: true, localPartOnly: false, out _);
        RcptArguments.Parse("TO:<a@example.net> " + text, smtpUtf8: false, localPartOnly: false, out _);
        return !BdatArguments.TryParse(text, out var bdat) || bdat.Octets >= 0;
    });

    [Fact]
    public void A_sender_that_is_taken_reads_back() => Text.Select(text => $"FROM:<{text}>").Where(Taken).Sample(text =>
    {
        MailArguments.Parse(text, localPartOnly: true, out var mail);
        return ReversePath.Parse($"{mail.From}") == mail.From && !MailText.HasControl($"{mail.From}");
    }, iter: 200);

    [Theory]
    [InlineData("0 LAST", 0, true)]
    [InlineData("86401 last", 86401, true)]
    [InlineData("5", 5, false)]
    public void A_chunk_says_how_long_it_is(string text, long octets, bool isLast)
    {
        Assert.True(BdatArguments.TryParse(text, out var bdat));
        Assert.Equal(new BdatArguments(octets, isLast), bdat);
    }

    [Theory]
    [InlineData("")]
    [InlineData("LAST")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1 LAST LAST")]
    [InlineData("1x")]
    [InlineData("99999999999999999999")]
    public void Anything_else_is_no_chunk(string text) => Assert.False(BdatArguments.TryParse(text, out _));

    private static bool Taken(string text) => MailArguments.Parse(text, localPartOnly: true, out _) == ArgumentsRead.Good;
}

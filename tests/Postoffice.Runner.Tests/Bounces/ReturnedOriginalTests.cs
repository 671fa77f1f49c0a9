using System.Text;
using MimeKit;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Bounces;

/// <summary>How much of the message a notification gives back (RFC 3461 §4.3, RFC 6533).</summary>
public sealed class ReturnedOriginalTests
{
    private const string Plain = "Subject: hi\r\nX-Long: a\r\n b\r\n\r\n.hello\r\n\r\n--\r\nA.\r\n";

    [Fact]
    public async Task Who_asked_for_all_of_it_gets_every_octet_back()
    {
        await using var rig = await RunnerRig.StartAsync();
        var (accepted, octets, dsn) = await BounceAsync(rig, Ret.Full, Plain);

        var part = Assert.IsType<MessagePart>(ReportOf(dsn)[2]);
        Assert.Equal("message/rfc822", part.ContentType.MimeType);
        Assert.Contains($"\r\n\r\n{Plain}\r\n--", octets);
        Assert.Contains("The message is attached", TextOf(dsn));
        Assert.Null(accepted.Body);
    }

    [Theory]
    [InlineData(Ret.Headers)]
    [InlineData(null)]
    public async Task Who_did_not_gets_its_header(Ret? ret)
    {
        await using var rig = await RunnerRig.StartAsync();
        var (_, octets, dsn) = await BounceAsync(rig, ret, Plain);

        Assert.Equal("text/rfc822-headers", ReportOf(dsn)[2].ContentType.MimeType);
        Assert.Contains("X-Long: a", octets);
        Assert.DoesNotContain("hello", octets);
    }

    [Fact]
    public async Task A_message_that_is_too_large_comes_back_as_its_header()
    {
        await using var rig = await RunnerRig.StartAsync(new RunnerOptions { BounceSize = Plain.Length - 1 });
        var (_, _, dsn) = await BounceAsync(rig, Ret.Full, Plain);

        Assert.Equal("text/rfc822-headers", ReportOf(dsn)[2].ContentType.MimeType);
        Assert.Contains("The header of the message is attached", TextOf(dsn));
    }

    [Fact]
    public async Task Eight_bits_come_back_as_they_are_and_are_declared()
    {
        await using var rig = await RunnerRig.StartAsync();
        var (accepted, octets, dsn) = await BounceAsync(rig, Ret.Full, "Subject: hi\r\n\r\nh\u00E9llo\r\n");

        Assert.Equal("8BITMIME", accepted.Body);
        Assert.Equal("message/rfc822", ReportOf(dsn)[2].ContentType.MimeType);
        Assert.Equal("8bit", ReportOf(dsn)[2].Headers[HeaderId.ContentTransferEncoding]);
        Assert.Equal("8bit", ReportOf(dsn).Headers[HeaderId.ContentTransferEncoding]);
        Assert.Contains("h\u00E9llo\r\n", octets);
    }

    [Fact]
    public async Task A_message_of_smtputf8_comes_back_as_a_global_one()
    {
        await using var rig = await RunnerRig.StartAsync();
        var (_, _, dsn) = await BounceAsync(rig, Ret.Full, "Subject: \u00C3\u00BC\r\n\r\nhello\r\n", smtpUtf8: true);

        Assert.Equal("message/global", ReportOf(dsn)[2].ContentType.MimeType);
    }

    [Fact]
    public async Task A_header_of_smtputf8_comes_back_as_it_was_within_seven_bits()
    {
        await using var rig = await RunnerRig.StartAsync();
        var (accepted, octets, dsn) = await BounceAsync(rig, Ret.Headers, "Subject: \u00C3\u00BC\r\n\r\nhello\r\n", smtpUtf8: true);

        var part = Assert.IsType<MimePart>(ReportOf(dsn)[2]);
        Assert.Equal("message/global-headers", part.ContentType.MimeType);
        using var decoded = new MemoryStream();
        await part.Content!.DecodeToAsync(decoded);
        Assert.Equal("Subject: ü\r\n", Encoding.UTF8.GetString(decoded.ToArray()));
        Assert.All(octets, octet => Assert.InRange(octet, (char)1, (char)127));
        Assert.Null(accepted.Body);
    }

    [Fact]
    public async Task A_sender_beyond_ascii_is_told_under_his_own_address()
    {
        await using var rig = await RunnerRig.StartAsync();
        var (accepted, octets, _) = await BounceAsync(rig, Ret.Headers, Plain, smtpUtf8: true, from: "jürgen@example.net");

        Assert.True(accepted.SmtpUtf8);
        Assert.Contains(Encoding.Latin1.GetString("To: jürgen@example.net\r\n"u8), octets);
        Assert.Contains("A message from j=C3=BCrgen@example.net", octets);
    }

    [Theory]
    [InlineData(998, 0)]
    [InlineData(999, 1)]
    [InlineData(998 + 997, 1)]
    [InlineData(998 + 997 + 1, 2)]
    [InlineData(20_000, 20)]
    public async Task Lines_that_are_too_long_are_folded_in_a_returned_header(int octets, int folds)
    {
        await using var rig = await RunnerRig.StartAsync();
        var field = $"X-Long: {new string('x', octets - 8)}";
        var (_, stored, _) = await BounceAsync(rig, Ret.Headers, $"Subject: hi\r\n{field}\r\nX-Last: z\r\n\r\nhello\r\n");

        var lines = stored.Split("\r\n");
        var at = Array.FindIndex(lines, line => line.StartsWith("X-Long:", StringComparison.Ordinal));
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 998));
        Assert.Equal(field, lines[at] + string.Concat(lines[(at + 1)..(at + 1 + folds)].Select(line => line[1..])));
        Assert.Equal("X-Last: z", lines[at + 1 + folds]);
    }

    [Fact]
    public async Task What_came_without_a_header_shows_no_body_in_its_place()
    {
        await using var rig = await RunnerRig.StartAsync();
        var (_, octets, _) = await BounceAsync(rig, Ret.Headers, "\r\nsecret: yes\r\n\r\nmore\r\n");

        Assert.DoesNotContain("secret", octets);
    }

    [Theory]
    [InlineData(Ret.Full)]
    [InlineData(Ret.Headers)]
    public async Task What_cannot_be_read_any_more_is_told_without_it(Ret ret)
    {
        await using var rig = await RunnerRig.NewAsync();
        var id = await rig.AcceptAsync(accepted => accepted with { Recipients = [new(1, ForwardPath.Parse("nobody@example.test"))], Ret = ret });
        await rig.Store.SqlAsync("UPDATE content SET octets = NULL");
        rig.Start();

        var (_, dsn) = await rig.NextDsnAsync();

        Assert.Equal(2, ReportOf(dsn).Count);
        Assert.Contains("Nothing of the message is attached, since it cannot be read any more.", TextOf(dsn));
        Assert.Equal(RecipientState.Failed, (await rig.MessageAsync(id)).Recipients[1].State);
    }

    /// <param name="content">A character for each octet.</param>
    private static async Task<(MessageAccepted Accepted, string Octets, MimeMessage Dsn)> BounceAsync(
        RunnerRig rig, Ret? ret, string content, bool smtpUtf8 = false, string from = "alice@example.net")
    {
        await rig.AcceptAsync(
            accepted => accepted with
            {
                From = ReversePath.Parse(from),
                Recipients = [new(1, ForwardPath.Parse("nobody@example.test"))],
                Ret = ret,
                SmtpUtf8 = smtpUtf8,
            },
            Encoding.Latin1.GetBytes(content));
        var (fact, dsn) = await rig.NextDsnAsync();
        await using var stored = (await rig.Store.Content.OpenAsync(fact.Dsn!.Value, CancellationToken.None))!;
        var octets = new byte[stored.Length];
        await stored.ReadExactlyAsync(octets);
        return ((await rig.MessageAsync(fact.Dsn.Value)).Accepted, Encoding.Latin1.GetString(octets), dsn);
    }

    private static MultipartReport ReportOf(MimeMessage dsn) => Assert.IsType<MultipartReport>(dsn.Body);

    private static string TextOf(MimeMessage dsn) => ((TextPart)ReportOf(dsn)[0]).Text;
}

using System.Text;
using CsCheck;
using MimeKit;
using Postoffice.Runner.Deliverer;
using Postoffice.Runner.Deliverer.Mailboxes;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Tests.Deliverer;

/// <summary>Row F06: what is written reads back as one message, octet for octet.</summary>
public sealed class FormatTests
{
    private static readonly string[] Parts = ["From ", "From", ">", ">From ", "x", "\r\n", "\r", "\n", " ", "Fr", "FFrom ", "\r\n\r\n", "é"];

    private static readonly Gen<string> HostileText =
        Gen.Int[0, Parts.Length - 1].Array[0, 40].Select(picked => string.Concat(picked.Select(n => Parts[n])));

    [Fact]
    public void How_octets_arrive_does_not_change_what_is_written() =>
        Gen.Select(HostileText, Gen.Int[1, 7], Gen.Bool).Sample((text, chunk, quotes) => Write(text, chunk, quotes) == Write(text, text.Length + 1, quotes));

    [Fact]
    public void Quoting_is_undone_by_taking_one_mark_away() =>
        HostileText.Sample(text =>
        {
            var lines = Write(text, 3, quotesFrom: true).Split('\n');
            var undone = lines.Select(line => line.TrimStart('>').StartsWith("From ", StringComparison.Ordinal) ? line[1..] : line);
            return lines.All(line => !line.StartsWith("From ", StringComparison.Ordinal))
                && string.Join('\n', undone) == text.Replace("\r\n", "\n", StringComparison.Ordinal);
        });

    [Theory]
    [InlineData("", "MAILER-DAEMON")]
    [InlineData("\"a b\"@example.net", "\"a-b\"@example.net")]
    [InlineData("a\nFrom b@example.net", "a-From-b@example.net")]
    [InlineData("a\r\tb\u0085c\u2028d@example.net", "a--b-c-d@example.net")]
    public void A_sender_is_one_word_of_the_From_line(string sender, string word) =>
        Assert.Equal($"From {word} Mon Jun  1 12:00:00 2026", FromLine.For(sender, DelivererRig.Noon, TimeZoneInfo.Utc));

    [Theory]
    [InlineData("From x\r\n>From y\r\n>>From z\r\n\r\nFrom a@b Mon Jun  1 12:00:00 2026\r\n")]
    [InlineData("no final newline")]
    [InlineData("\r\n\r\n\r\n")]
    [InlineData("")]
    public async Task An_independent_parser_reads_each_message_back(string body)
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        for (var n = 0; n < 2; n++) Assert.IsType<DeliveryOutcome.Delivered>(await rig.DeliverAsync($"Subject: {n}\r\n\r\n{body}", sender: "\"a b\"@example.net"));

        using var stream = new MemoryStream(Encoding.Latin1.GetBytes(DelivererRig.Read(rig.Mbox)));
        var parser = new MimeParser(stream, MimeFormat.Mbox);
        for (var n = 0; n < 2; n++)
        {
            var message = await parser.ParseMessageAsync(TestContext.Current.CancellationToken);
            Assert.Equal($"{n}", message.Subject);
            var text = Assert.IsType<TextPart>(message.Body).Text.Split('\n').Select(line => line.TrimStart('>').StartsWith("From ", StringComparison.Ordinal) ? line[1..] : line);
            Assert.Equal(body.Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd('\n'), string.Join('\n', text).TrimEnd('\n'));
        }
        Assert.True(parser.IsEndOfStream);
    }

    [Theory]
    [InlineData("mbox:/var/mail", true)]
    [InlineData("mbox:/var/mail/", true)]
    [InlineData("maildir:~/Maildir", true)]
    [InlineData("maildir:/srv/mail/%u/Maildir", true)]
    [InlineData("mbox:~/mail", false)] // F14
    [InlineData("mbox:var/mail", false)]
    [InlineData("mbox:/var/../etc", false)]
    [InlineData("mbox:/", false)]
    [InlineData("maildir:~/../x", false)]
    [InlineData("maildir:/srv/mail", false)]
    [InlineData("maildir:/srv/x%u/Maildir", false)]
    [InlineData("maildir:/srv/%u/%u", false)]
    [InlineData("maildir:/srv//%u", false)]
    [InlineData("maildir:/srv/./%u", false)]
    [InlineData("maildir:/srv/\0/%u", false)]
    [InlineData("pipe:/bin/sh", false)]
    [InlineData("", false)]
    public void The_setting_says_where_mailboxes_are_or_is_refused(string value, bool good) => Assert.Equal(good, MailboxSetting.TryParse(value, out _, out _));

    [Theory]
    [InlineData("maildir 1 2 1780000000.000000000001-1-1.host", true)]
    [InlineData("maildir 1 2 ../../etc/passwd", false)]
    [InlineData("maildir 1 2 1780000000.000000000001-1-1./etc", false)]
    [InlineData("maildir 1 -2 1780000000.000000000001-1-1.host", false)]
    [InlineData("mbox 1 2 3 0 4 x y From z", false)]
    [InlineData("", false)]
    public void Evidence_that_we_did_not_write_is_refused(string text, bool good) => Assert.Equal(good, MailboxEvidence.TryParse(text, out _));

    [Fact]
    public void A_hosts_name_cannot_lead_a_maildir_name_astray()
    {
        var request = new DeliveryRequest("games", new QueueId(1), 1, 1, "", DelivererRig.Noon, DelivererRig.Noon);
        Assert.True(MaildirName.IsOurs(MaildirName.For(request, "../a/b:c" + new string('x', 300))));
        Assert.DoesNotContain('/', MaildirName.For(request, "../a/b:c"));
    }

    private static string Write(string text, int chunk, bool quotesFrom)
    {
        var local = new LocalText(quotesFrom);
        var octets = Encoding.Latin1.GetBytes(text);
        var written = new StringBuilder();
        for (var at = 0; at < octets.Length; at += chunk)
        {
            var piece = octets.AsSpan(at, Math.Min(chunk, octets.Length - at));
            var output = new byte[LocalText.MaxOutput(piece.Length)];
            written.Append(Encoding.Latin1.GetString(output, 0, local.Convert(piece, output)));
        }
        var end = new byte[16];
        return written.Append(Encoding.Latin1.GetString(end, 0, local.Finish(end))).ToString();
    }
}

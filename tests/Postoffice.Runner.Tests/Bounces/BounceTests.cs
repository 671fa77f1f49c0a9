using MimeKit;
using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Tests.Bounces;

public sealed class BounceTests
{
    [Fact]
    public async Task A_failure_tells_the_sender_in_words_in_fields_and_with_the_header()
    {
        await using var rig = await RunnerRig.NewAsync();
        rig.Sessions.Always(number => new RecipientResult.Refused(number, Reply.Parse("550 5.7.1 <b>go\u001b[2J away</b>\nand é")));
        var id = await rig.AcceptAsync("carol@remote.test");
        rig.Start();
        var dsn = (await rig.Journal.NextAsync<DsnQueued>()).Dsn!.Value;

        var facts = await rig.Store.Events.ReadAsync(StreamId.Message(dsn), 0, default);
        var accepted = Assert.IsType<MessageAccepted>(facts[0].Fact);
        Assert.True(accepted.From.IsNull);
        Assert.Equal("alice@example.net", Assert.Single(accepted.Recipients).To.ToString());
        Assert.Equal("DSN", accepted.Client.Protocol);
        var failure = (await rig.Store.Events.ReadAsync(StreamId.Message(id), 0, default)).Single(recorded => recorded.Fact is AttemptEnded);
        Assert.Equal(failure.Position, facts[0].CausedBy);

        await using var content = (await rig.Store.Content.OpenAsync(dsn, default))!;
        using var message = await MimeMessage.LoadAsync(content);
        Assert.Equal("auto-replied", message.Headers[HeaderId.AutoSubmitted]);
        Assert.Equal("alice@example.net", message.To.ToString());
        Assert.StartsWith("\"Mail delivery\" <MAILER-DAEMON@mx.example.test>", message.From.ToString());
        Assert.NotNull(message.MessageId);
        var report = Assert.IsType<MultipartReport>(message.Body);
        Assert.Equal("delivery-status", report.ReportType);
        Assert.Contains("carol@remote.test", ((TextPart)report[0]).Text);
        Assert.DoesNotContain('\u001b', ((TextPart)report[0]).Text);
        var status = Assert.IsType<MessageDeliveryStatus>(report[1]).StatusGroups;
        Assert.Equal(2, status.Count); // one more would be a recipient without fields
        Assert.Equal("dns; mx.example.test", status[0]["Reporting-MTA"]);
        Assert.Equal("rfc822; carol@remote.test", status[1]["Final-Recipient"]);
        Assert.Equal("failed", status[1]["Action"]);
        Assert.Equal("5.7.1", status[1]["Status"]);
        Assert.Equal("smtp; 550 5.7.1 <b>go\\x1B[2J away</b> and \\u{00E9}", status[1]["Diagnostic-Code"]);
        Assert.Equal("text/rfc822-headers", report[2].ContentType.MimeType);
        var original = Assert.IsType<TextRfc822Headers>(report[2]).Message!;
        Assert.Equal("hi", Assert.Single(original.Headers).Value);
    }

    [Fact]
    public async Task What_we_refuse_ourselves_is_told_as_our_words()
    {
        await using var rig = await RunnerRig.NewAsync();
        rig.Sessions.Always(number => new RecipientResult.Failed(number, new(5, 3, 4), "the message has 9 octets, and the next hop takes 8 at most"));
        await rig.AcceptAsync("carol@remote.test");
        rig.Start();

        var (text, fields) = await ToldAsync(rig);

        Assert.Contains("the next hop takes 8 at most", text);
        Assert.Contains("Please send a smaller message", text);
        Assert.Equal("5.3.4", fields["Status"]);
        Assert.StartsWith("X-Postoffice; the message has 9", fields["Diagnostic-Code"]);
        Assert.Null(fields["Remote-MTA"]);
    }

    [Fact]
    public async Task A_reply_that_we_take_another_way_is_told_as_it_was_with_why()
    {
        await using var rig = await RunnerRig.NewAsync();
        rig.Sessions.Host = "mx.remote.test";
        rig.Sessions.Always(number => new RecipientResult.PutOff(number, "taken as too many recipients at once", Reply: Reply.Parse("552 5.5.3 enough")));
        await rig.AcceptAsync("carol@remote.test");
        rig.Start();
        var outcome = (await rig.Journal.NextAsync<AttemptEnded>()).Outcomes.Single();
        rig.Pass(TimeSpan.FromHours(4));

        var (text, fields) = await ToldAsync(rig);

        Assert.Equal((OutcomeKind.Deferred, "552 5.5.3 enough (taken as too many recipients at once)"), (outcome.Result, outcome.InWords()));
        Assert.Contains("552 5.5.3 enough (taken as too many recipients at once)", text);
        Assert.Equal(("delayed", "4.4.7", "smtp; 552 5.5.3 enough"), (fields["Action"], fields["Status"], fields["Diagnostic-Code"]));
    }

    [Fact]
    public async Task Words_without_a_status_are_told_with_whose_they_are_and_who_can_help()
    {
        await using var rig = await RunnerRig.NewAsync();
        rig.Sessions.Host = "192.0.2.25";
        rig.Sessions.Always(number => new RecipientResult.Refused(number, Reply.Parse("550 User unknown")));
        await rig.AcceptAsync("carol@remote.test");
        rig.Start();

        var (text, fields) = await ToldAsync(rig);

        Assert.Contains("These are the words of 192.0.2.25. Please check the address", text);
        Assert.Equal(("dns; [192.0.2.25]", "smtp; 550 User unknown"), (fields["Remote-MTA"], fields["Diagnostic-Code"]));
    }

    [Fact]
    public async Task Long_words_are_not_encoded_and_long_lines_are_folded()
    {
        await using var rig = await RunnerRig.NewAsync();
        var verp = $"{new string('b', 40)}+tag=remote.example@{new string('c', 60)}.test";
        var url = $"https://remote.test/{new string('d', 200)}";
        rig.Sessions.Always(number => new RecipientResult.Refused(number, Reply.Parse($"550 5.7.1 see {url} or {url}")));
        await rig.AcceptAsync(accepted => accepted with { Recipients = [new(1, ForwardPath.Parse(verp), OriginalRecipient: $"rfc822;{verp.Replace("+", "+2B").Replace("=", "+3D")}")] });
        rig.Start();
        var dsn = (await rig.Journal.NextAsync<DsnQueued>()).Dsn!.Value;

        await using var content = (await rig.Store.Content.OpenAsync(dsn, default))!;
        using var reader = new StreamReader(content);
        var raw = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Contains($"\r\nFinal-Recipient: rfc822;\r\n {verp}\r\n", raw);
        Assert.Contains($"\r\nOriginal-Recipient: rfc822;\r\n {verp}\r\n", raw);
        Assert.Contains($"\r\nDiagnostic-Code: smtp; 550 5.7.1 see\r\n {url}\r\n or\r\n {url}\r\n", raw);
    }

    [Fact]
    public async Task An_address_beyond_ascii_is_written_as_rfc_6533_has_it()
    {
        await using var rig = await RunnerRig.NewAsync();
        rig.Sessions.Always(number => new RecipientResult.Refused(number, Reply.Parse("550 5.1.1 no")));
        await rig.AcceptAsync("jürgen+x=y@remote.test");
        rig.Start();

        Assert.Equal("utf-8; j\\x{FC}rgen\\x{2B}x\\x{3D}y@remote.test", (await ToldAsync(rig)).Fields["Final-Recipient"]);
    }

    private static async Task<(string Text, HeaderList Fields)> ToldAsync(RunnerRig rig)
    {
        var (_, dsn) = await rig.NextDsnAsync();
        using (dsn)
        {
            var report = Assert.IsType<MultipartReport>(dsn.Body);
            return (((TextPart)report[0]).Text, Assert.IsType<MessageDeliveryStatus>(report[1]).StatusGroups[1]);
        }
    }

    [Fact]
    public async Task The_notification_ends_its_lines_in_crlf()
    {
        await using var rig = await RunnerRig.StartAsync();
        await rig.AcceptAsync("nobody@example.test");
        var dsn = (await rig.Journal.NextAsync<DsnQueued>()).Dsn!.Value;

        await using var content = (await rig.Store.Content.OpenAsync(dsn, default))!;
        var octets = new byte[content.Length];
        await content.ReadExactlyAsync(octets);
        for (var i = 0; i < octets.Length; i++) Assert.Equal(octets[i] == '\n', i > 0 && octets[i - 1] == '\r');
        Assert.Equal((byte)'\n', octets[^1]);
        Assert.All(octets, octet => Assert.InRange(octet, 1, 127));
    }

    [Fact]
    public async Task A_notification_that_cannot_be_made_costs_no_outcome_and_the_journal_says_why()
    {
        await using var rig = await RunnerRig.NewAsync(content: inner => new UnstageableContent(inner));
        rig.Sessions.Always(number => new RecipientResult.Refused(number, Reply.Parse("550 5.1.1 no")));
        var id = await rig.AcceptAsync("carol@remote.test");
        rig.Start();

        var queued = await rig.Journal.NextAsync<DsnQueued>();

        Assert.Equal((null, "the notification could not be made: a bug"), (queued.Dsn, queued.Reason));
        var message = await rig.MessageAsync(id);
        Assert.Equal((RecipientState.Failed, null), (message.Recipients[1].State, message.Held));
    }

    [Fact]
    public async Task A_bounce_that_bounces_goes_to_postmaster_once_and_there_it_ends()
    {
        await using var rig = await RunnerRig.StartAsync();
        rig.Mailboxes.Always(number => new RecipientResult.Refused(number, Reply.Parse("550 5.2.1 closed")));
        await rig.AcceptAsync("nobody@example.test");

        var toAlice = (await rig.Journal.NextAsync<DsnQueued>()).Dsn!.Value;
        var (about, toPostmaster) = await rig.Journal.NextWithStreamAsync<DsnQueued>();
        Assert.Equal(StreamId.Message(toAlice), about);
        var message = await rig.MessageAsync(toPostmaster.Dsn!.Value);
        Assert.Equal("postmaster@mx.example.test", message.Accepted.Recipients[0].To.ToString());

        var end = await rig.Journal.NextAsync<DsnQueued>();
        Assert.Null(end.Dsn);
        Assert.NotNull(end.Reason);
    }

    [Fact]
    public async Task Who_asked_never_to_be_told_is_not_told_and_the_journal_says_so()
    {
        await using var rig = await RunnerRig.NewAsync();
        await rig.AcceptAsync(accepted => accepted with { Recipients = [new(1, ForwardPath.Parse("nobody@example.test"), Notify.Never)] });
        rig.Start();

        var decided = await rig.Journal.NextAsync<DsnQueued>();

        Assert.Null(decided.Dsn);
        Assert.Contains("NOTIFY", decided.Reason);
    }

    [Fact]
    public async Task A_failure_and_its_notification_name_each_other()
    {
        await using var rig = await RunnerRig.StartAsync();
        var id = await rig.AcceptAsync("nobody@example.test");
        var (_, told) = await rig.Journal.NextWithStreamAsync<DsnQueued>();

        var failed = rig.Store.Trace.Of(id).ToList();
        var failure = failed.Single(entry => entry.Name == "attempt-ended.v1");
        var report = failed.Single(entry => entry.Name == "dsn-queued.v1");
        Assert.Equal((failure.Position, null), (report.CausedBy, report.CausedByStream));
        Assert.Equal(told.Dsn.ToString(), report.Data!.Value.GetProperty("dsn").GetString());
        var accepted = rig.Store.Trace.Of(told.Dsn!.Value).First();
        Assert.Equal((failure.Position, $"message/{id}"), (accepted.CausedBy, accepted.CausedByStream));
    }

    [Fact]
    public async Task A_message_for_many_who_all_fail_is_a_few_notifications_and_each_failure_is_in_one()
    {
        await using var rig = await RunnerRig.NewAsync();
        rig.Mailboxes.Always(number => new RecipientResult.Refused(number, Reply.Parse("550 5.2.1 closed")));
        var id = await rig.AcceptAsync([.. Enumerable.Range(1, 40).Select(number => $"user{number}@example.test")]);
        rig.Start();
        HashSet<int> told = [];
        HashSet<QueueId> notifications = [];
        while (told.Count < 40)
        {
            var (about, queued) = await rig.Journal.NextWithStreamAsync<DsnQueued>();
            if (about != StreamId.Message(id)) continue; // those to Alice fail as well
            Assert.All(queued.Recipients, number => Assert.True(told.Add(number)));
            notifications.Add(queued.Dsn!.Value);
        }

        Assert.Equal(DecideReport.AtOnce + 1, notifications.Count);
    }

    [Theory]
    [InlineData("rfc822;bob+2Btag@example.org", "rfc822; bob+tag@example.org")]
    [InlineData("rfc822;\"a+20b\"@example.org", "rfc822; \"a b\"@example.org")]
    [InlineData("utf-8;j\\x{FC}rgen@example.org", "utf-8; j\\x{FC}rgen@example.org")]
    [InlineData("utf-8;jürgen@example.org", "utf-8; j\\x{FC}rgen@example.org")]
    public async Task The_original_recipient_is_reported_as_the_sender_named_it(string orcpt, string reported)
    {
        await using var rig = await RunnerRig.NewAsync();
        Assert.True(OriginalRecipient.TryParse(orcpt, smtpUtf8: true, out var original));
        await rig.AcceptAsync(accepted => accepted with
        {
            Recipients = [new(1, ForwardPath.Parse("nobody@example.test"), OriginalRecipient: original.ToString())],
        });
        rig.Start();

        var (_, message) = await rig.NextDsnAsync();
        var status = Assert.IsType<MessageDeliveryStatus>(Assert.IsType<MultipartReport>(message.Body)[1]).StatusGroups;
        Assert.Equal(reported, status[1]["Original-Recipient"]);
    }

    /// <summary>Takes nothing, for a reason that nobody foresaw.</summary>
    private sealed class UnstageableContent(IContentStore inner) : IContentStore
    {
        public IContentStaging Stage(QueueId message) => throw new InvalidCastException("a bug");

        public ValueTask<Stream?> OpenAsync(QueueId message, CancellationToken ct) => inner.OpenAsync(message, ct);
    }
}

using MimeKit;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>Mail that cannot go: what its sender hears of it, read from his mailbox as a mail program would.</summary>
public sealed class LateMailTests
{
    [Fact]
    public async Task The_sender_is_warned_once_and_told_of_the_end_with_what_he_asked_to_have_back()
    {
        await using var hop = new LaterHop();
        await using var site = new Site($"relay-host={hop.Place}", "delay-warning=1s", "qreturn=8s");
        await site.StartAsync();
        var full = await site.SendAsync("full@remote.example", "-R", "full", "-V", "env+1", "-N", "failure,delay");
        var header = await site.SendAsync("header@remote.example", "-R", "hdrs", "-V", "env2");
        await site.SendAsync("never@remote.example", "-N", "never");
        await site.SendAsync("nodelay@remote.example", "-N", "failure");

        var reports = (await site.MailAsync(5)).Select(Report.Parse).ToList();
        await Eventually.HoldsAsync(() => site.MailqAsync().Result.Contains("is empty", StringComparison.Ordinal), () => "an empty queue");

        Assert.Equal(
            ["delayed full@remote.example", "delayed header@remote.example", "failed full@remote.example", "failed header@remote.example", "failed nodelay@remote.example"],
            reports.Select(report => $"{report.Recipient["Action"]} {report.Recipient["Final-Recipient"]?.Split("; ")[1]}").Order());
        Assert.Equal(5, (await site.MailAsync(5)).Count);
        Assert.All(reports, report =>
        {
            Assert.Equal("dns; mx.example.test", report.Message["Reporting-MTA"]);
            Assert.True(DateTimeOffset.TryParse(report.Message["Arrival-Date"], out _), report.Message["Arrival-Date"]);
            Assert.StartsWith("rfc822; ", report.Recipient["Final-Recipient"]);
            Assert.Contains("Connection refused", report.Recipient["Diagnostic-Code"]);
            Assert.True(DateTimeOffset.TryParse(report.Recipient["Last-Attempt-Date"], out _), report.Recipient["Last-Attempt-Date"]);
            Assert.Null(report.Recipient["Remote-MTA"]); // nobody was reached
            Assert.Equal(report.Recipient["Action"] == "delayed", report.Recipient["Will-Retry-Until"] is not null);
            Assert.Matches(report.Recipient["Action"] == "delayed" ? "^4\\." : "^[45]\\.", report.Recipient["Status"]);
        });
        Assert.Equal(["env+1", "env+1", "env2", "env2", null], reports.Select(report => report.Message["Original-Envelope-Id"]).OrderBy(id => id is null).ThenBy(id => id, StringComparer.Ordinal));
        Assert.All(reports, report => Assert.Equal(
            (report.Recipient["Action"], report.Recipient["Final-Recipient"]) == ("failed", "rfc822; full@remote.example"), report.Original.Contains("the body", StringComparison.Ordinal)));
        Assert.All(reports, report => Assert.Contains("Subject: for ", report.Original));
        Assert.Equal(1, (await site.TraceAsync(header)).CountOf(": delayed\n"));
        Assert.Contains("waited too long", await site.TraceAsync(full));
    }

    /// <summary>Nothing ends there that could see to it: the runner looks by itself.</summary>
    [Fact]
    public async Task Mail_that_is_not_tried_at_all_is_warned_of_and_ends_as_well()
    {
        await using var hop = new LaterHop();
        await using var site = new Site($"relay-host={hop.Place}", "retry=1h", "delay-warning=1s", "qreturn=10s");
        await site.StartAsync();
        for (var number = 1; number <= 5; number++) await site.SendAsync($"user{number}@remote.example", "-N", "never");
        await Eventually.HoldsAsync(
            () => site.PostofficeAsync("destinations").Result.Output.Contains("not tried until", StringComparison.Ordinal), () => $"an open circuit for {hop.Place}");

        var id = await site.SendAsync("late@remote.example");
        var reports = (await site.MailAsync(2)).Select(Report.Parse).ToList();

        Assert.Equal(["delayed", "failed"], reports.Select(report => report.Recipient["Action"]).Order());
        var trace = await site.TraceAsync(id);
        Assert.DoesNotContain("attempt-started", trace);
        Assert.Contains("recipient-expired.v1", trace);
    }

    [Fact]
    public async Task A_runner_that_is_killed_after_the_warning_does_not_warn_again()
    {
        await using var hop = new LaterHop();
        await using var site = new Site($"relay-host={hop.Place}", "delay-warning=1s");
        var runner = await site.StartAsync();
        var id = await site.SendAsync("late@remote.example");
        Assert.Equal("delayed", Report.Parse(Assert.Single(await site.MailAsync(1))).Recipient["Action"]);

        await runner.KillAsync();
        await site.StartRunnerAsync();
        var attempts = (await site.TraceAsync(id)).CountOf("attempt-ended.v1");
        await Eventually.HoldsAsync( // the next outcome would have warned
            () => site.TraceAsync(id).Result.CountOf("attempt-ended.v1") > attempts + 1, () => $"further attempts for {id}");

        Assert.Equal(1, (await site.TraceAsync(id)).CountOf(": delayed\n"));
        Assert.Single(await site.MailAsync(1));
    }

    [Fact]
    public async Task What_a_next_hop_refuses_comes_back_whole_when_the_sender_asked_for_it()
    {
        await using var peer = new ScriptedPeer("220 hi", "250 peer", "250 ok", "550 5.1.1 no such user here", "250 reset", "221 bye");
        await using var site = new Site($"relay-host=127.0.0.1:{peer.Port}");
        await site.StartAsync();
        await site.SendAsync("nobody@remote.example", "-R", "full");

        var report = Report.Parse(Assert.Single(await site.MailAsync(1)));

        Assert.Equal("failed", report.Recipient["Action"]);
        Assert.Equal("5.1.1", report.Recipient["Status"]);
        Assert.Contains("550 5.1.1 no such user here", report.Recipient["Diagnostic-Code"]);
        Assert.Contains("Subject: for nobody@remote.example", report.Original);
        Assert.Contains("the body", report.Original);
    }

    /// <summary>A delivery status notification, as its reader's program takes it apart.</summary>
    /// <param name="Message">The fields for the whole message (RFC 3464 §2.2).</param>
    /// <param name="Recipient">Those of its one recipient (§2.3).</param>
    /// <param name="Original">What came back.</param>
    private sealed record Report(HeaderList Message, HeaderList Recipient, string Original)
    {
        public static Report Parse(string text)
        {
            using var octets = new MemoryStream(System.Text.Encoding.Latin1.GetBytes(text));
            using var message = MimeMessage.Load(octets);
            Assert.Equal("<>", message.Headers["Return-Path"]);
            Assert.Equal("auto-replied", message.Headers["Auto-Submitted"]);
            var report = Assert.IsType<MultipartReport>(message.Body);
            Assert.Equal("delivery-status", report.ReportType);
            var status = Assert.IsType<MessageDeliveryStatus>(report[1]).StatusGroups;
            Assert.Equal(2, status.Count);
            return new Report(status[0], status[1], report[2].ToString());
        }
    }
}

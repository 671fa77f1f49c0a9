using System.Text.RegularExpressions;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>S06 of the attack catalogue: a write to the log that fails, is broken off or comes short makes 451 at most; what was acknowledged arrives.</summary>
public sealed partial class WriteErrorTests
{
    private const int AtMost = 400;

    [Theory]
    [InlineData("EIO", true)]
    [InlineData("ENOSPC", true)]
    [InlineData("EINTR", false)] // SQLite writes again
    public async Task A_write_that_fails_is_451_or_452_and_the_store_mends_itself(string error, bool isRefused)
    {
        await using var site = new Site();
        await using var listener = Traced(site, "-e", $"inject=pwrite64:error={error}:when=300..302", Service.Program("postoffice-smtpd"));
        await listener.SaysAsync("ready");

        var sent = SendUntil(site, () => Trace(site).Contains("INJECTED", StringComparison.Ordinal));
        Assert.Equal(isRefused, sent.Any(reply => !reply.StartsWith("250", StringComparison.Ordinal)));
        await AllArriveAsync(site, sent);
    }

    [Fact]
    public async Task A_write_that_comes_short_is_451_and_what_was_acknowledged_arrives()
    {
        await using var site = new Site();
        await using var listener = Traced(site, "/usr/bin/env", "--ignore-signal=XFSZ", Service.Program("postoffice-smtpd"));
        await listener.SaysAsync("ready");
        var sent = SendUntil(site, () => true);

        // The kernel writes up to the limit and no octet more: a short write, and EFBIG for the rest of it.
        var lastPage = long.Parse(WholePage().Matches(Trace(site))[^1].Groups["at"].Value);
        await LimitFilesAsync(listener, $"{lastPage + 6_000}");
        sent.AddRange(SendUntil(site, () => ShortWrite().IsMatch(Trace(site))));
        Assert.StartsWith("45", sent[^1]);

        // The store may have mended itself by now, with a log that begins anew below the limit; if not, it does when there is room.
        await LimitFilesAsync(listener, "unlimited");
        await AllArriveAsync(site, sent);
    }

    /// <summary>A page written to the log, and where.</summary>
    [GeneratedRegex(@", 4096, (?<at>\d+)\) = 4096$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex WholePage();

    /// <summary>A page of the log of which less than a page was written.</summary>
    [GeneratedRegex(@", 4096, \d+\) = (?!4096\b)\d+$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex ShortWrite();

    private static Service Traced(Site site, params string[] rest) => Service.Start(
        OutsideProgram.Require("strace"),
        ["-D", "-f", "-s", "0", "-o", site.File("trace"), "-P", site.StorePath + "-wal", "-e", "trace=pwrite64", .. rest, "-C", site.Configuration]);

    private static string Trace(Site site) => System.IO.File.ReadAllText(site.File("trace"));

    /// <summary>Sends one after another until it happened; answers the last reply to each.</summary>
    private static List<string> SendUntil(Site site, Func<bool> happened)
    {
        var replies = new List<string>();
        do replies.Add(Send(site));
        while (!happened() && replies.Count < AtMost);
        Assert.True(happened(), $"{AtMost} messages, and it did not happen");
        Assert.All(replies, reply => Assert.Matches("^(250|451|452) ", reply));
        return replies;
    }

    private static string Send(Site site)
    {
        using var client = SmtpLine.Connect(site);
        string reply = client.Reply();
        foreach (var line in (string[])["EHLO client.example.net", "MAIL FROM:<alice@example.net>", $"RCPT TO:<{Site.Address}>", "DATA", $"Subject: x\r\n\r\nhello\r\n."])
        {
            reply = client.Ask(line);
            if (reply[0] is '4' or '5') break;
        }
        return reply;
    }

    private static async Task AllArriveAsync(Site site, List<string> sent)
    {
        await Eventually.HoldsAsync(() => Send(site).StartsWith("250", StringComparison.Ordinal), () => "an accepted message after the trouble");
        await site.StartRunnerAsync();
        var acknowledged = sent.Count(reply => reply.StartsWith("250", StringComparison.Ordinal)) + 1;
        Assert.Equal(acknowledged, (await site.MailAsync(acknowledged)).Count);
        (await site.PostofficeAsync("store", "check")).Succeeded();
    }

    private static async Task LimitFilesAsync(Service service, string soft) =>
        (await Outcome.OfAsync(OutsideProgram.Require("prlimit"), ["--pid", $"{service.Id}", $"--fsize={soft}:unlimited"])).Succeeded();
}

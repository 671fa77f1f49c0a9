using System.Text.RegularExpressions;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>250 means durable: the journal's sync has returned before the first octet of the 250 is written.</summary>
public sealed partial class OrderTests
{
    [Fact]
    public Task The_journal_is_synced_between_the_end_of_the_content_and_the_250() => IsInOrderAsync(site =>
    {
        using var line = SmtpLine.InTransaction(site);
        Assert.StartsWith("354", line.Ask("DATA"));
        Assert.StartsWith("250", line.Ask("Subject: x\r\n\r\nhello\r\n."));
        return Task.CompletedTask;
    });

    [Fact]
    public Task It_is_between_the_last_chunk_and_the_250() => IsInOrderAsync(site =>
    {
        using var line = SmtpLine.InTransaction(site);
        Assert.StartsWith("250", line.Ask("BDAT 21 LAST\r\nSubject: x\r\n\r\nhello"));
        return Task.CompletedTask;
    });

    [Fact]
    public Task It_is_before_sendmail_hears_its_250() => IsInOrderAsync(async site =>
        (await site.SendmailAsync("Subject: x\n\nhello\n", "-f", "alice@example.test", Site.Address)).Succeeded());

    /// <summary>Sends one message by <paramref name="send"/>, and looks what the listener did between its last two replies.</summary>
    private static async Task IsInOrderAsync(Func<Site, Task> send)
    {
        await using var site = new Site();
        var trace = site.File("trace");
        var listener = await site.StartListenerAsync(
            OutsideProgram.Require("strace"), "-D", "-f", "-y", "-s", "80", "-e", "trace=fsync,fdatasync,sendto,sendmsg,write,writev", "-o", trace);
        await send(site);
        await listener.StopAsync();

        await Eventually.HoldsAsync(
            () => System.IO.File.ReadAllText(trace).Contains("+++ exited with 0 +++", StringComparison.Ordinal), () => "the end of the trace");
        var calls = System.IO.File.ReadAllLines(trace);
        var accepted = Array.FindIndex(calls, line => Accepted().IsMatch(line));
        Assert.NotEqual(-1, accepted);
        var before = Array.FindLastIndex(calls, accepted - 1, line => Reply().IsMatch(line));
        Assert.NotEqual(-1, before);
        Assert.Contains(SyncsReturned(calls[..accepted]), at => at > before);
    }

    /// <summary>Lines at which a sync of the write-ahead log returned success. strace splits a call that another thread's call interrupts.</summary>
    private static IEnumerable<int> SyncsReturned(string[] calls)
    {
        var begun = new HashSet<string>(StringComparer.Ordinal);
        for (var at = 0; at < calls.Length; at++)
        {
            var thread = calls[at].Split(' ')[0];
            if (WholeSync().IsMatch(calls[at])) yield return at;
            else if (BegunSync().IsMatch(calls[at])) begun.Add(thread);
            else if (ResumedSync().IsMatch(calls[at]) && begun.Remove(thread)) yield return at;
        }
    }

    [GeneratedRegex("\"250 2\\.0\\.0 [0-9A-Z]{12} accepted", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Accepted();

    [GeneratedRegex("\"(250|354)[ -]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Reply();

    [GeneratedRegex(@"f(data)?sync\(\d+<[^>]*-wal>\) *= 0", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex WholeSync();

    [GeneratedRegex(@"f(data)?sync\(\d+<[^>]*-wal> <unfinished", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex BegunSync();

    [GeneratedRegex(@"<\.\.\. f(data)?sync resumed>\) *= 0", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ResumedSync();
}

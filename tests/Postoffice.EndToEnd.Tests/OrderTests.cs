using System.Text.RegularExpressions;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>250 means durable: the journal's sync has returned before the first octet of the 250 is written.</summary>
public sealed partial class OrderTests
{
    [Fact]
    public async Task The_journal_is_synced_between_the_end_of_the_content_and_the_250()
    {
        await using var site = new Site();
        var trace = site.File("trace");
        await using (var listener = Service.Start(
            OutsideProgram.Require("strace"),
            "-D", "-f", "-y", "-s", "80", "-e", "trace=fsync,fdatasync,sendto,sendmsg,write,writev", "-o", trace,
            Service.Program("postoffice-smtpd"), "-C", site.Configuration))
        {
            await listener.SaysAsync("ready");
            (await site.SwaksAsync("--from", "alice@example.net", "--to", Site.Address)).Succeeded();
        }

        await Eventually.HoldsAsync(
            () => System.IO.File.ReadAllText(trace).Contains("+++ exited with 0 +++", StringComparison.Ordinal), () => "the end of the trace");
        var calls = System.IO.File.ReadAllLines(trace);
        var goAhead = Array.FindIndex(calls, line => line.Contains("\"354 ", StringComparison.Ordinal));
        var accepted = Array.FindIndex(calls, goAhead + 1, line => line.Contains("\"250 2.", StringComparison.Ordinal));
        Assert.InRange(accepted, goAhead + 1, calls.Length);
        Assert.Contains(SyncsReturned(calls[..accepted]), at => at > goAhead);
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

    [GeneratedRegex(@"f(data)?sync\(\d+<[^>]*-wal>\) *= 0", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex WholeSync();

    [GeneratedRegex(@"f(data)?sync\(\d+<[^>]*-wal> <unfinished", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex BegunSync();

    [GeneratedRegex(@"<\.\.\. f(data)?sync resumed>\) *= 0", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ResumedSync();
}

using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Maintenance;

public sealed class StoreCheckTests : IDisposable
{
    private readonly TempStore temp = new();
    private readonly CancellationToken ct = TestContext.Current.CancellationToken;

    private MailStore Store => temp.Store;

    public void Dispose() => temp.Dispose();

    [Fact]
    public async Task A_sound_store_has_no_findings_and_the_report_says_what_was_looked_at()
    {
        await Store.AcceptAsync(ct);
        await Store.AcceptAsync(ct, new byte[500_000]);
        await Store.DeliverAsync(ct);
        await Store.CatchUpAsync(ct);
        var seen = new List<string>();

        var report = Store.Check(new Told(seen), ct);

        Assert.True(report.IsClean, string.Join(' ', report.Findings));
        Assert.Equal((5, 3, 2, 0), (report.Facts, report.Streams, report.OpenMessages, report.Unattached));
        Assert.Contains("file: content_chunk", seen);
        Assert.Contains("content of open messages", seen);
    }

    [Fact]
    public async Task A_program_that_only_reads_may_check()
    {
        await Store.AcceptAsync(ct);
        using var reading = MailStore.OpenForReading(temp.Options);

        var report = reading.Check(progress: null, ct);

        Assert.Equal((true, 1), (report.IsClean, report.OpenMessages));
    }

    [Theory]
    [InlineData("DELETE FROM content", "its content is not there")]
    [InlineData("UPDATE content SET octets = zeroblob(length)", "SHA-256 differs")]
    [InlineData("UPDATE content SET length = length + 1, octets = zeroblob(23)", "has 23 octets instead of 22")]
    [InlineData("UPDATE content SET octets = NULL", "cannot be read")]
    [InlineData("INSERT INTO event (stream, version, name, data, recorded_at_ms) VALUES ('operator', 2, 'message-released.v1', '{\"by\":\"x\"}', 0)", "some are missing")]
    [InlineData("INSERT INTO event (stream, version, name, data, recorded_at_ms) VALUES ('operator', 1, 'letter-eaten.v9', '{}', 0)", "cannot be read")]
    [InlineData("INSERT INTO event (stream, version, name, data, caused_by, recorded_at_ms) VALUES ('operator', 1, 'message-released.v1', '{\"by\":\"x\"}', 99, 0)", "which came later")]
    [InlineData("UPDATE projection SET position = 99 WHERE name = 'due_delivery'", "the journal ends at 1")]
    [InlineData("UPDATE projection SET position = 0 WHERE name = 'due_delivery'", "should be at the last one")]
    [InlineData("UPDATE sqlite_sequence SET seq = 0", "could be given twice")]
    [InlineData("INSERT INTO content_chunk (queue_key, number, octets) VALUES (1, 0, x'00')", "no row of their own")]
    [InlineData("INSERT INTO content (queue_key, state, length, octets, touched_at_ms) VALUES (1, 'kept', 0, x'', 0)", "no such message")]
    [InlineData("INSERT INTO projection_quarantine (name, position, reason, at_ms) VALUES ('mail_history', 1, 'bad', 0)", "goes on without 1 facts")]
    public async Task What_is_wrong_is_a_sentence_with_what_to_do(string damage, string words)
    {
        await Store.AcceptAsync(ct);
        await Store.Database.Writer.RunAsync(tx => tx.Run(damage), ct);

        var report = Store.Check(progress: null, ct);

        var finding = Assert.Single(report.Findings, finding => finding.What.Contains(words, StringComparison.Ordinal));
        Assert.NotEmpty(finding.ToDo);
    }

    [Fact]
    public async Task Pages_that_were_overwritten_are_found()
    {
        for (var i = 0; i < 30; i++) await Store.AcceptAsync(ct, new byte[20_000]);
        Store.Dispose();
        using (var file = new FileStream(temp.Options.Path, FileMode.Open))
        {
            file.Position = file.Length / 2 / 4096 * 4096;
            file.Write(Enumerable.Repeat((byte)0x5A, 8192).ToArray());
        }
        string[] told;
        try
        {
            using var damaged = MailStore.OpenForReading(temp.Options);
            told = [.. damaged.Check(progress: null, ct).Findings.Select(finding => finding.What)];
        }
        catch (Exception refused) when (refused is StoreRefusedException or StoreUnavailableException)
        {
            told = [refused.Message]; // the pages hit were the schema's own
        }
        Assert.NotEmpty(told);
    }

    [Fact]
    public async Task Stats_count_what_is_there()
    {
        var oldest = await Store.AcceptAsync(ct);
        await Store.AcceptAsync(ct, new byte[200_000]);
        await Store.DeliverAsync(ct);
        await Store.Projections.CatchUpAsync(3, ct);
        await Store.Leases.TryClaimAsync(0, "runner 4711", TimeSpan.FromMinutes(1), ct);
        var accepted = (await Store.Events.ReadAsync(StreamId.Message(oldest), 0, ct))[0].RecordedAt;

        var stats = Store.Stats();

        Assert.Equal((5, 3, 2, 0), (stats.Facts, stats.Streams, stats.Open, stats.Finished));
        Assert.Equal(200_044, stats.ContentOctets);
        Assert.Equal((accepted, "runner 4711"), (stats.OldestWaiting, stats.LeaseHolder));
        Assert.Equal(2, stats.Projections.Single(projection => projection.Name == "mail_history").Lag);
        Assert.True(stats.FileOctets + stats.WalOctets > 200_000);
    }

    private sealed class Told(List<string> names) : IProgress<StoreProgress>
    {
        public void Report(StoreProgress value) => names.Add(value.What);
    }
}

using System.Text;
using Postoffice.Runner.Deliverer;

namespace Postoffice.Runner.Tests.Deliverer;

/// <summary>Row S02: the deliverer is killed between the phases, and the mailbox says how the delivery ended.</summary>
public sealed class MboxRecoveryTests
{
    private const string Earlier = "From x Mon Jun  1 12:00:00 2026\nSubject: earlier\n\nbody\n\n";

    [Fact]
    public async Task An_unchanged_mailbox_means_not_delivered()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        DelivererRig.Put(rig.Mbox, Earlier, DelivererRig.User);
        var request = rig.Request();
        var prepared = await PrepareAsync(rig, request);

        await rig.KillAndRestartAsync();

        Assert.IsType<DeliveryOutcome.NotDelivered>(await RecoverAsync(rig, request, prepared));
        Assert.Equal(Earlier, DelivererRig.Read(rig.Mbox));
    }

    [Fact]
    public async Task A_mailbox_grown_by_exactly_the_entry_means_delivered_also_when_another_followed()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        DelivererRig.Put(rig.Mbox, Earlier, DelivererRig.User);
        var request = rig.Request();
        var prepared = await PrepareAsync(rig, request);
        Assert.IsType<DeliveryOutcome.Delivered>(await rig.Client.CommitAsync(prepared));

        await rig.KillAndRestartAsync();
        Assert.IsType<DeliveryOutcome.Delivered>(await RecoverAsync(rig, request, prepared));

        Append(rig, Earlier);
        Assert.IsType<DeliveryOutcome.Delivered>(await RecoverAsync(rig, request, prepared));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    [InlineData(70)]
    [InlineData(-1)]
    public async Task A_torn_entry_is_cut_back_wherever_it_was_torn(int octets)
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        DelivererRig.Put(rig.Mbox, Earlier, DelivererRig.User);
        var (request, prepared, entry) = await DeliverAndCaptureAsync(rig);
        await rig.KillAndRestartAsync();
        Rewrite(rig, Earlier + (octets < 0 ? entry[..^1] : entry[..octets]));

        Assert.IsType<DeliveryOutcome.NotDelivered>(await RecoverAsync(rig, request, prepared));

        Assert.Equal(Earlier, DelivererRig.Read(rig.Mbox));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(60)]
    public async Task Zeros_that_a_power_cut_left_in_place_of_the_entry_are_cut_back(int written)
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        DelivererRig.Put(rig.Mbox, Earlier, DelivererRig.User);
        var (request, prepared, entry) = await DeliverAndCaptureAsync(rig);
        Rewrite(rig, Earlier + entry[..written] + new string('\0', entry.Length - written));

        Assert.IsType<DeliveryOutcome.NotDelivered>(await RecoverAsync(rig, request, prepared));

        Assert.Equal(Earlier, DelivererRig.Read(rig.Mbox));
    }

    [Fact]
    public async Task A_message_that_another_program_appended_behind_a_torn_entry_is_never_cut_away()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        DelivererRig.Put(rig.Mbox, Earlier, DelivererRig.User);
        var (request, prepared, entry) = await DeliverAndCaptureAsync(rig, body: new string('x', 500));
        var text = Earlier + entry[..70] + Earlier;
        Rewrite(rig, text);

        Assert.IsType<DeliveryOutcome.InDoubt>(await RecoverAsync(rig, request, prepared));

        Assert.Equal(text, DelivererRig.Read(rig.Mbox));
    }

    [Fact]
    public async Task In_a_rewritten_mailbox_our_trace_line_means_delivered()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        DelivererRig.Put(rig.Mbox, Earlier, DelivererRig.User);
        var (request, prepared, entry) = await DeliverAndCaptureAsync(rig);
        Rewrite(rig, entry.Replace("\n\nbody", "\nStatus: RO\n\nbody", StringComparison.Ordinal)); // the earlier message is deleted, ours is read

        Assert.IsType<DeliveryOutcome.Delivered>(await RecoverAsync(rig, request, prepared));
    }

    [Fact]
    public async Task In_a_replaced_mailbox_our_trace_line_means_delivered()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        DelivererRig.Put(rig.Mbox, Earlier, DelivererRig.User);
        var (request, prepared, entry) = await DeliverAndCaptureAsync(rig);
        Replace(rig, entry + Earlier);

        Assert.IsType<DeliveryOutcome.Delivered>(await RecoverAsync(rig, request, prepared));
    }

    [Fact]
    public async Task In_a_replaced_mailbox_without_our_trace_line_the_delivery_is_in_doubt_also_when_a_body_quotes_the_line()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        DelivererRig.Put(rig.Mbox, Earlier, DelivererRig.User);
        var (request, prepared, _) = await DeliverAndCaptureAsync(rig);
        Replace(rig, $"From x Mon Jun  1 12:00:00 2026\nSubject: id {request.Id}\n\nReceived: by x id {request.Id};\n\n");

        Assert.IsType<DeliveryOutcome.InDoubt>(await RecoverAsync(rig, request, prepared));
    }

    [Fact]
    public async Task A_commit_that_is_under_way_when_the_deliverer_is_killed_ends_as_delivered_or_not_at_all()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        DelivererRig.Put(rig.Mbox, Earlier, DelivererRig.User);
        for (var round = 0; round < 8; round++)
        {
            var before = DelivererRig.Read(rig.Mbox);
            var request = rig.Request();
            var prepared = Assert.IsType<PrepareResult.Prepared>(await rig.PrepareAsync(request, Content(request, new string('x', 400_000))));
            var commit = rig.Client.CommitAsync(prepared);

            await rig.KillAndRestartAsync();

            var answered = await commit;
            var recovered = await RecoverAsync(rig, request, prepared);
            var isThere = DelivererRig.Read(rig.Mbox) != before;
            Assert.Equal(isThere, recovered is DeliveryOutcome.Delivered);
            Assert.Equal(!isThere, recovered is DeliveryOutcome.NotDelivered);
            if (answered is DeliveryOutcome.Delivered) Assert.True(isThere);
        }
    }

    private static string Content(DeliveryRequest request, string body = "body") =>
        $"Received: from a.example (a.example [192.0.2.1])\r\n\tby b.example with ESMTP id {request.Id};\r\n\tMon, 1 Jun 2026 12:00:00 +0000\r\nSubject: hello\r\n\r\n{body}\r\n";

    private static async Task<PrepareResult.Prepared> PrepareAsync(DelivererRig rig, DeliveryRequest request, string body = "body") =>
        Assert.IsType<PrepareResult.Prepared>(await rig.PrepareAsync(request, Content(request, body)));

    private static async Task<(DeliveryRequest, PrepareResult.Prepared, string Entry)> DeliverAndCaptureAsync(DelivererRig rig, string body = "body")
    {
        var request = rig.Request();
        var prepared = await PrepareAsync(rig, request, body);
        Assert.IsType<DeliveryOutcome.Delivered>(await rig.Client.CommitAsync(prepared));
        return (request, prepared, DelivererRig.Read(rig.Mbox)[Earlier.Length..]);
    }

    private static Task<DeliveryOutcome> RecoverAsync(DelivererRig rig, DeliveryRequest request, PrepareResult.Prepared prepared)
    {
        // As the runner does: the evidence comes back from its text in the journal.
        Assert.True(MailboxEvidence.TryParse(prepared.Evidence.ToString()!, out var evidence));
        Assert.Equal(prepared.Evidence, evidence);
        return rig.Client.RecoverAsync(request.User, request.Id, evidence, TestContext.Current.CancellationToken);
    }

    /// <summary>In place, as mutt does.</summary>
    private static void Rewrite(DelivererRig rig, string text)
    {
        using var file = new FileStream(rig.Mbox, FileMode.Truncate);
        file.Write(Encoding.Latin1.GetBytes(text));
    }

    private static void Append(DelivererRig rig, string text)
    {
        using var file = new FileStream(rig.Mbox, FileMode.Append);
        file.Write(Encoding.Latin1.GetBytes(text));
    }

    /// <summary>By a new file under the old name, as other readers do.</summary>
    private static void Replace(DelivererRig rig, string text)
    {
        DelivererRig.Put(rig.Mbox + ".new", text, DelivererRig.User);
        new FileInfo(rig.Mbox + ".new").MoveTo(rig.Mbox, overwrite: true);
    }
}

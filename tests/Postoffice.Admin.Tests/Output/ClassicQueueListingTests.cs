using Postoffice.Admin.Output;
using Postoffice.Store.Queries;

namespace Postoffice.Admin.Tests.Output;

/// <summary>C-CLI-46 to 49.</summary>
public sealed class ClassicQueueListingTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 5, 0, TimeSpan.Zero);

    [Fact]
    public void An_empty_queue_says_so() => Assert.Equal("Mail queue is empty.\n", Listed(0));

    [Fact]
    public void The_queue_is_laid_out_as_ever() => Assert.Equal(
        """
           Mail Queue (4 requests)
         --ID--        --Size-- -----Queued------ ------Sender/Recipient------
         0A1B2C3D4E5F     1234  12:05 22-Nov-2026 alice@example.net
                          451 4.7.1 \x1B[2J Greylisted, come back in a little while, sa…
                                            bob@example.test
                                            carol@example.test
        *0A1B2C3D4E5G*   12.06K 12:05 22-Nov-2026 <>
                                            bob@example.test
        !0A1B2C3D4E5H!   95.37M 12:05 22-Nov-2026 alice@example.net
                          held by root: to be looked at
                          goes to mx.example.net:25 (root: down)
                                            bob@example.test
         0A1B2C3D4E5J  (fact 7 cannot be read)

        """,
        Listed(
            4,
            Entry("0A1B2C3D4E5F", 1_234, Waiting("bob@example.test", "451 4.7.1 \u001b[2J Greylisted,\ncome back in a little while, say in half an hour"), Waiting("carol@example.test")),
            Entry("0A1B2C3D4E5G", 12_345, Waiting("bob@example.test")) with { Sender = "", Trying = true },
            Entry("0A1B2C3D4E5H", 100_000_000, Waiting("bob@example.test", "451 no")) with { Held = "root: to be looked at", Rerouted = "mx.example.net:25 (root: down)" },
            Entry("0A1B2C3D4E5J", 0) with { Problem = "fact 7 cannot be read" }));

    [Theory]
    [InlineData(0, "0 ")]
    [InlineData(9_999, "9999 ")]
    [InlineData(10_000, " 9.77K")]
    [InlineData(999_999, "976.56K")]
    [InlineData(1_000_000, " 0.95M")]
    [InlineData(2_000_000_000, " 1.86G")]
    public void Sizes_have_the_classic_units(long octets, string text) => Assert.Equal(text, SizeText.Of(octets));

    private static string Listed(long count, params QueueEntry[] entries)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var listing = new ClassicQueueListing(output, new TimeText(TimeZoneInfo.Utc));
        if (count > 0) listing.Begin(count);
        foreach (var entry in entries) listing.Write(entry);
        listing.End();
        return output.ToString();
    }

    private static QueueEntry Entry(string id, long size, params WaitingRecipient[] recipients) => new(id, Noon, "alice@example.net", size, null, Trying: false, recipients);

    private static WaitingRecipient Waiting(string address, string? words = null) => new(1, address, 1, Noon, words);
}

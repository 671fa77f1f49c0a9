using CsCheck;
using Postoffice.Smtp.Intake;
using Postoffice.Testing;

namespace Postoffice.Smtp.Tests.Intake;

public sealed class HeaderScannerTests
{
    [Theory]
    [InlineData("", false)]
    [InlineData("\r\nbody", true)]
    [InlineData("no header\r\n", false)]
    [InlineData("Subject: x\r\n\r\nbody", true)]
    [InlineData("Subject : x\r\n", true)]
    [InlineData(" Subject: x\r\n", false)]
    [InlineData(": x\r\n", false)]
    [InlineData("S\u00e9: x\r\n", false)]
    public void Content_begins_with_a_header_or_does_not(string content, bool hasHeader) => Assert.Equal(hasHeader, Scan(content, 1_000).HasHeader);

    [Fact]
    public void Fields_are_known_by_name_in_any_case_and_only_in_the_header()
    {
        var found = Scan("from: a\r\nReceived: b\r\n Date: folded\r\nRECEIVED\t: c\r\nX-Received: d\r\n\r\nMessage-ID: e\r\nReceived: f\r\n", 1_000);
        Assert.True(found.HasFrom);
        Assert.False(found.HasDate);
        Assert.False(found.HasMessageId);
        Assert.Equal(2, found.Received);
    }

    [Fact]
    public void A_line_that_is_no_field_ends_the_header() => Assert.Equal(1, Scan("Received: a\r\nnonsense\r\nReceived: b\r\n", 1_000).Received);

    [Fact]
    public void How_octets_arrive_does_not_change_what_is_found() =>
        Gen.Select(Gen.OneOf("Received", "Date", "From", "Message-ID", ":", " ", "\r\n", "x", "\t", "\r", "\n").List[0, 60], Gen.Int[1, 9])
            .Sample((words, piece) => Told(Scan(string.Concat(words), piece)) == Told(Scan(string.Concat(words), 10_000)));

    private static string Told(HeaderScanner found) =>
        $"{found.HasHeader} {found.HasDate} {found.HasFrom} {found.HasMessageId} {found.Received} {found.Octets}";

    private static HeaderScanner Scan(string content, int piece)
    {
        var scanner = new HeaderScanner();
        foreach (var chunk in Octets.Of(content).Chunk(piece)) scanner.Scan(chunk);
        return scanner;
    }
}

using CsCheck;
using Postoffice.Store.Wire;
using Postoffice.Testing;
using Xunit;

namespace Postoffice.Store.Tests.Wire;

public sealed class ContentScannerTests
{
    [Theory]
    [InlineData("", ContentDefects.None)]
    [InlineData("a\r\n.\r\nb\r\n", ContentDefects.None)]
    [InlineData("no end", ContentDefects.None)]
    [InlineData("a\n", ContentDefects.BareLf)]
    [InlineData("a\r", ContentDefects.BareCr)]
    [InlineData("a\rb\r\n", ContentDefects.BareCr)]
    [InlineData("a\r\r\n", ContentDefects.BareCr)]
    [InlineData("a\0b\r\n", ContentDefects.Nul)]
    [InlineData("12345678\r\n", ContentDefects.None)]
    [InlineData("123456789\r\n", ContentDefects.LongLine)]
    [InlineData("\n\r\n12345678901\0\r", ContentDefects.BareLf | ContentDefects.BareCr | ContentDefects.Nul | ContentDefects.LongLine)]
    public void Counted_content_is_judged_as_dotted_content_is(string octets, ContentDefects expected)
    {
        for (var size = 1; size <= 4; size++) Assert.Equal(expected, Scan(Octets.Of(octets), size).Defects);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("a\r\n", true)]
    [InlineData("a\r", false)]
    [InlineData("a", false)]
    public void It_knows_whether_the_last_line_has_ended(string octets, bool expected) =>
        Assert.Equal(expected, Scan(Octets.Of(octets), 2).IsAtLineStart);

    [Fact]
    public void How_octets_arrive_does_not_change_the_verdict() =>
        Gen.Select(Gen.OneOf((byte)'\r', (byte)'\n', (byte)0, (byte)'a').Array[0, 40], Gen.Int[1, 7])
            .Sample((octets, size) => Scan(octets, size).Defects == Scan(octets, octets.Length + 1).Defects);

    private static ContentScanner Scan(byte[] octets, int size)
    {
        var scanner = new ContentScanner(maxLineOctets: 10);
        scanner.Scan(Octets.InPieces(octets, size));
        scanner.Finish();
        return scanner;
    }
}

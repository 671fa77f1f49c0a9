using System.Buffers;
using System.Text;
using CsCheck;
using Postoffice.Store.Wire;
using Postoffice.Testing;
using Xunit;

namespace Postoffice.Store.Tests.Wire;

public sealed class DotUnstufferTests
{
    private sealed record Content(string Text, ContentDefects Defects, bool IsComplete, long Taken);

    [Theory]
    [InlineData(".\r\n", "")]
    [InlineData("\r\n.\r\n", "\r\n")]
    [InlineData("S: 1\r\n\r\nbody\r\n.\r\n", "S: 1\r\n\r\nbody\r\n")]
    [InlineData("..\r\n.\r\n", ".\r\n")]
    [InlineData("...x\r\n.\r\n", "..x\r\n")]
    [InlineData(".x\r\n.\r\n", "x\r\n")]
    [InlineData("a.b.\r\n.\r\n", "a.b.\r\n")]
    public void A_leading_dot_is_taken_off_and_a_dot_alone_ends_the_content(string octets, string expected) =>
        Assert.Equal(new Content(expected, ContentDefects.None, IsComplete: true, octets.Length), Read(octets));

    // Attack P01, P02: what other programs took for the end. The wrapper goes on as a smuggler would.
    [Theory]
    [InlineData("\n.\n", ContentDefects.BareLf)]
    [InlineData("\n.\r\n", ContentDefects.BareLf)]
    [InlineData("\r\n.\n", ContentDefects.BareLf)]
    [InlineData("\r.\r", ContentDefects.BareCr)]
    [InlineData("\r.\r\n", ContentDefects.BareCr)]
    [InlineData("\r.\n", ContentDefects.BareCr | ContentDefects.BareLf)]
    [InlineData("\n.\r", ContentDefects.BareCr | ContentDefects.BareLf)]
    [InlineData("\r\n.\r", ContentDefects.BareCr)]
    [InlineData("\r\n.\r\r\n", ContentDefects.BareCr)]
    [InlineData("\n\n.\r\n", ContentDefects.BareLf)]
    [InlineData("\r\n\0.\r\n", ContentDefects.Nul)]
    [InlineData("\r\n.\0\r\n", ContentDefects.Nul)]
    [InlineData("\u0085.\u0085", ContentDefects.None)]
    [InlineData("\u00E2\u0080\u00A8.\u00E2\u0080\u00A8", ContentDefects.None)] // U+2028 in UTF-8
    [InlineData("\f.\f", ContentDefects.None)]
    [InlineData("\r\n.\f\r\n", ContentDefects.None)]
    public void What_looks_like_the_end_is_content_with_a_defect(string falseEnd, ContentDefects defects)
    {
        var smuggled = $"S: 1\r\n\r\nbody{falseEnd}MAIL FROM:<e@x>\r\nDATA\r\nsmug\r\n";
        var octets = $"{smuggled}.\r\nQUIT\r\n";

        for (var split = 0; split <= octets.Length; split++)
        {
            var read = Read(octets[..split], octets[split..]);
            Assert.True(read.IsComplete);
            Assert.Equal(octets.Length - "QUIT\r\n".Length, read.Taken);
            Assert.Equal(defects, read.Defects);
            Assert.Contains("MAIL FROM", read.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_true_end_behind_a_bare_CR_ends_the_content_and_the_defect_is_told() =>
        Assert.Equal(new Content("a\r\r\n", ContentDefects.BareCr, IsComplete: true, Taken: 7), Read("a\r\r\n.\r\nQUIT\r\n"));

    [Fact]
    public void Nothing_is_taken_behind_the_end()
    {
        var reader = new DotUnstuffer();

        Assert.Equal(6, reader.Read(Octets.Of("a\r\n.\r\nNOOP\r\n"), content: null));
        Assert.Equal(0, reader.Read(Octets.Of("NOOP\r\n"), content: null));
        Assert.Equal(3, reader.ContentOctets);
    }

    [Theory]
    [InlineData(998, ContentDefects.None)]
    [InlineData(999, ContentDefects.LongLine)]
    public void A_line_may_have_1000_octets_with_its_CRLF_not_counting_a_dot_taken_off(int text, ContentDefects expected)
    {
        var line = new string('x', text);

        Assert.Equal(expected, Read($"{line}\r\n.\r\n").Defects);
        Assert.Equal(expected, Read($".{line}\r\n.\r\n").Defects);
        Assert.Equal(expected, Read([.. $"..{line[1..]}\r\n.\r\n".Select(static c => c.ToString())]).Defects);
    }

    [Fact]
    public void How_octets_arrive_does_not_change_what_is_read() =>
        Gen.Select(Gen.OneOf('\r', '\n', '\0', 'a', '.').Array[0, 40], Gen.Int[1, 7]).Sample((octets, size) =>
        {
            var text = new string(octets);
            Assert.Equal(Read(text), Read([.. octets.Chunk(size).Select(static chunk => new string(chunk))]));
        });

    [Fact]
    public void A_plain_state_machine_reads_the_same() =>
        Gen.OneOf('\r', '\n', '\0', 'a', '.').Array[0, 40].Sample(octets =>
        {
            var text = new string(octets);
            var read = Read(text);
            var end = text.StartsWith(".\r\n", StringComparison.Ordinal) ? 0 : text.IndexOf("\r\n.\r\n", StringComparison.Ordinal) + 2;
            var complete = end >= 2 || text.StartsWith(".\r\n", StringComparison.Ordinal);

            Assert.Equal(complete, read.IsComplete);
            if (!complete) return;

            var content = text[..end];
            var lines = content.Split("\r\n").Select(static line => line.StartsWith('.') ? line[1..] : line);
            Assert.Equal(string.Join("\r\n", lines), read.Text);
            Assert.Equal(end + 3, read.Taken);
            var bare = content.Replace("\r\n", "", StringComparison.Ordinal);
            Assert.Equal(bare.Contains('\r'), read.Defects.HasFlag(ContentDefects.BareCr));
            Assert.Equal(bare.Contains('\n'), read.Defects.HasFlag(ContentDefects.BareLf));
            Assert.Equal(bare.Contains('\0'), read.Defects.HasFlag(ContentDefects.Nul));
        });

    private static Content Read(params string[] pieces)
    {
        var content = new ArrayBufferWriter<byte>();
        var reader = new DotUnstuffer();
        var taken = reader.Read(Octets.InPieces(pieces.Select(Octets.Of)), content);
        Assert.Equal(content.WrittenCount, reader.ContentOctets);
        return new Content(Encoding.Latin1.GetString(content.WrittenSpan), reader.Defects, reader.IsComplete, taken);
    }
}

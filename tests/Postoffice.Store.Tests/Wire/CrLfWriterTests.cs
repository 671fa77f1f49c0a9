using System.Buffers;
using System.Text;
using CsCheck;
using Postoffice.Store.Wire;
using Postoffice.Testing;
using Xunit;

namespace Postoffice.Store.Tests.Wire;

public sealed class CrLfWriterTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a", "a\r\n")]
    [InlineData("a\r\n", "a\r\n")]
    [InlineData(".\r\n..b", ".\r\n..b\r\n")]
    [InlineData("a\n.\nb", "a\r\n.\r\nb\r\n")]
    [InlineData("a\r.\rb", "a\r\n.\r\nb\r\n")]
    [InlineData("a\r\r\nb", "a\r\n\r\nb\r\n")]
    [InlineData("a\r", "a\r\n")]
    [InlineData("\n\n", "\r\n\r\n")]
    [InlineData("a.b\0\u00E9", "a.b\0\u00E9\r\n")]
    public void Every_line_ends_in_CRLF_and_nothing_else_changes(string content, string wire)
    {
        for (var size = 1; size <= 4; size++) Assert.Equal(wire, Write(Octets.Of(content), size));
    }

    [Fact]
    public void It_writes_what_data_would_but_for_the_dots() =>
        Gen.Select(Gen.OneOf((byte)'\r', (byte)'\n', (byte)'a').Array[0, 40], Gen.Int[1, 7]).Sample((content, size) =>
        {
            var stuffed = new ArrayBufferWriter<byte>();
            var stuffer = new DotStuffer();
            stuffer.Write(content, stuffed);
            stuffer.Finish(stuffed);

            Assert.Equal(Encoding.Latin1.GetString(stuffed.WrittenSpan[..^".\r\n".Length]), Write(content, size));
        });

    private static string Write(byte[] content, int size)
    {
        var wire = new ArrayBufferWriter<byte>();
        var writer = new CrLfWriter();
        for (var at = 0; at < content.Length; at += size) writer.Write(content.AsSpan(at, Math.Min(size, content.Length - at)), wire);
        writer.Finish(wire);
        return Encoding.Latin1.GetString(wire.WrittenSpan);
    }
}

using System.Buffers;
using System.Text;
using CsCheck;
using Postoffice.Store.Wire;
using Postoffice.Testing;
using Xunit;

namespace Postoffice.Store.Tests.Wire;

public sealed class DotStufferTests
{
    // Attack P04: what a peer gets is canonical, wherever the content came from.
    [Theory]
    [InlineData("", ".\r\n")]
    [InlineData("a", "a\r\n.\r\n")]
    [InlineData("a\r\n", "a\r\n.\r\n")]
    [InlineData(".\r\n", "..\r\n.\r\n")]
    [InlineData("a\r\n.b\r\n..", "a\r\n..b\r\n...\r\n.\r\n")]
    [InlineData("a\n.\nb", "a\r\n..\r\nb\r\n.\r\n")]
    [InlineData("a\r.\rb", "a\r\n..\r\nb\r\n.\r\n")]
    [InlineData("a\n.\r\nb", "a\r\n..\r\nb\r\n.\r\n")]
    [InlineData("a\r\r\n.", "a\r\n\r\n..\r\n.\r\n")]
    [InlineData("a\r", "a\r\n.\r\n")]
    [InlineData("\n\n", "\r\n\r\n.\r\n")]
    [InlineData("a.b\0\u00E9", "a.b\0\u00E9\r\n.\r\n")]
    public void Every_line_ends_in_CRLF_and_every_leading_dot_is_doubled(string content, string wire)
    {
        for (var size = 1; size <= 4; size++) Assert.Equal(wire, Stuff(Octets.Of(content), size));
    }

    [Fact]
    public void Stuffing_then_unstuffing_returns_the_octets() =>
        Gen.Select(Gen.OneOf("\r\n", "a", ".", "\0", "\u00FF").Array[0, 30], Gen.Int[1, 7]).Sample((parts, size) =>
        {
            var content = parts.Length == 0 ? "" : $"{string.Concat(parts)}\r\n";
            var wire = Octets.Of(Stuff(Octets.Of(content), size));
            var back = new ArrayBufferWriter<byte>();
            var reader = new DotUnstuffer();

            Assert.Equal(wire.Length, reader.Read(wire, back));
            Assert.True(reader.IsComplete);
            Assert.Equal(content, Encoding.Latin1.GetString(back.WrittenSpan));
        });

    [Fact]
    public void Whatever_the_content_a_peer_sees_one_message_without_bare_line_ends() =>
        Gen.Select(Gen.OneOf((byte)'\r', (byte)'\n', (byte)'.', (byte)'a').Array[0, 40], Gen.Int[1, 7]).Sample((content, size) =>
        {
            var wire = Octets.Of(Stuff(content, size));
            var reader = new DotUnstuffer();

            Assert.Equal(wire.Length, reader.Read(wire, content: null));
            Assert.True(reader.IsComplete);
            Assert.Equal(ContentDefects.None, reader.Defects);
        });

    private static string Stuff(byte[] content, int size)
    {
        var wire = new ArrayBufferWriter<byte>();
        var stuffer = new DotStuffer();
        stuffer.Write(Octets.InPieces(content, size), wire);
        stuffer.Finish(wire);
        return Encoding.Latin1.GetString(wire.WrittenSpan);
    }
}

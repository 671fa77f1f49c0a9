using System.Buffers;
using CsCheck;
using Postoffice.Store.Mail;
using Postoffice.Store.Wire;
using Postoffice.Testing;
using Xunit;

namespace Postoffice.Store.Tests.Wire;

public sealed class ReplyReaderTests
{
    [Theory]
    [InlineData("250 OK\r\n", 250, null, "OK")]
    [InlineData("250\r\n", 250, null, "")]
    [InlineData("250 \r\n", 250, null, "")]
    [InlineData("250-a\r\n250-\r\n250 c\r\n", 250, null, "a\n\nc")]
    [InlineData("250-a\r\n250\r\n", 250, null, "a\n")]
    [InlineData("451 4.3.0 Try later\r\n", 451, "4.3.0", "Try later")]
    [InlineData("550-5.1.1 No such\r\n550-user\r\n550 5.1.1 here\r\n", 550, "5.1.1", "No such\nuser\nhere")]
    [InlineData("550-5.1.1 a\r\n550 5.7.1 b\r\n", 550, "5.1.1", "a\n5.7.1 b")]
    [InlineData("550 4.1.1 of another class\r\n", 550, null, "4.1.1 of another class")]
    [InlineData("354 Go\r\n", 354, null, "Go")]
    [InlineData("250 \u00E9\r\n", 250, null, "\u00E9")] // ISO 8859-1
    [InlineData("250 \u00C3\u00A9\r\n", 250, null, "\u00E9")] // the same in UTF-8
    public void A_reply_is_all_its_lines(string octets, int code, string? status, string text)
    {
        for (var size = 1; size <= 5; size++)
        {
            var (read, reply, left) = Read(octets + "220 next\r\n", size);

            Assert.Equal(ReplyRead.Whole, read);
            Assert.Equal((code, status, text), (reply!.Code, reply.Status?.ToString(), reply.Text));
            Assert.Equal("220 next\r\n".Length, left);
        }
    }

    [Theory]
    [InlineData("", ReplyRead.Incomplete)]
    [InlineData("250-a\r\n", ReplyRead.Incomplete)]
    [InlineData("250 a\r", ReplyRead.Incomplete)]
    [InlineData("250 a\n", ReplyRead.BrokenLine)]
    [InlineData("250 a\rb\r\n", ReplyRead.BrokenLine)]
    [InlineData("250 a\0\r\n", ReplyRead.BrokenLine)]
    [InlineData("250-a\r\n550 b\r\n", ReplyRead.CodeChanged)]
    [InlineData("\r\n", ReplyRead.NoCode)]
    [InlineData("25\r\n", ReplyRead.NoCode)]
    [InlineData("199 a\r\n", ReplyRead.NoCode)]
    [InlineData("600 a\r\n", ReplyRead.NoCode)]
    [InlineData("2500 a\r\n", ReplyRead.NoCode)]
    [InlineData("250+a\r\n", ReplyRead.NoCode)]
    [InlineData("HTTP/1.1 400\r\n", ReplyRead.NoCode)]
    [InlineData("\u0016\u0003\u0001\u0002\r\n", ReplyRead.NoCode)]
    [InlineData("\u00B2\u00B2\u00B2 a\r\n", ReplyRead.NoCode)]
    public void What_is_no_reply_is_a_protocol_error(string octets, ReplyRead expected)
    {
        for (var size = 1; size <= 5; size++) Assert.Equal(expected, Read(octets, size).Read);
    }

    [Fact]
    public void A_reply_has_limits()
    {
        string Lines(int count, int octets) => string.Concat(Enumerable.Repeat($"250-{new string('x', octets - 6)}\r\n", count));

        Assert.Equal(ReplyRead.Incomplete, Read(Lines(1, ReplyReader.MaxLineOctets), 4_096).Read);
        Assert.Equal(ReplyRead.LineTooLong, Read(Lines(1, ReplyReader.MaxLineOctets + 1), 4_096).Read);
        Assert.Equal(ReplyRead.Incomplete, Read(Lines(ReplyReader.MaxLines, 10), 4_096).Read);
        Assert.Equal(ReplyRead.TooLong, Read(Lines(ReplyReader.MaxLines + 1, 10), 4_096).Read);
        Assert.Equal(ReplyRead.Incomplete, Read(Lines(64, 1_024), 4_096).Read);
        Assert.Equal(ReplyRead.TooLong, Read(Lines(65, 1_024), 4_096).Read);
    }

    [Fact]
    public void Limits_hold_for_each_reply_and_not_for_the_session()
    {
        var reader = new ReplyReader();
        for (var i = 0; i < ReplyReader.MaxLines + 1; i++)
        {
            var buffer = Octets.InPieces(Octets.Of("250-a\r\n250 b\r\n"), 5);
            Assert.Equal(ReplyRead.Whole, reader.TryRead(ref buffer, out var reply));
            Assert.Equal(new Reply(250, null, "a\nb"), reply);
        }
    }

    [Fact]
    public void How_octets_arrive_does_not_change_what_is_read() =>
        Gen.Select(Gen.OneOf("250", "451", "-", " ", "4.3.0", "\r\n", "\n", "x").Array[0, 20], Gen.Int[1, 9]).Sample((parts, size) =>
        {
            var text = string.Concat(parts);
            var (read, reply, _) = Read(text, text.Length + 1);
            var (again, other, _) = Read(text, size);
            Assert.Equal((read, reply), (again, other));
        });

    /// <summary>The first reply when the octets come <paramref name="size"/> at a time, and how many were left.</summary>
    private static (ReplyRead Read, Reply? Reply, long Left) Read(string octets, int size)
    {
        var reader = new ReplyReader();
        var all = Octets.Of(octets);
        long start = 0;
        for (var arrived = Math.Min(size, all.Length); ; arrived = Math.Min(arrived + size, all.Length))
        {
            var buffer = Octets.InPieces(all[..arrived], size).Slice(start);
            var read = reader.TryRead(ref buffer, out var reply);
            start = arrived - buffer.Length;
            if (read != ReplyRead.Incomplete || arrived == all.Length) return (read, reply, all.Length - start);
        }
    }
}

using System.Buffers;
using System.Text;
using Postoffice.Store.Mail;
using Xunit;

namespace Postoffice.Store.Tests.Mail;

public sealed class HeaderFieldTests
{
    [Theory]
    [InlineData("Date", "Thu, 1 Jan 1970 00:00:00 +0000", "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n")]
    [InlineData("Received", "from a\r\n\tby b;\r\n c", "Received: from a\r\n\tby b;\r\n c\r\n")]
    [InlineData("Subject", "", "Subject: \r\n")]
    [InlineData("X-M", "M\u00FCller", "X-M: M\u00FCller\r\n")]
    public void A_field_is_written_as_one_field(string name, string value, string expected)
    {
        Assert.True(HeaderField.TryCreate(name, value, out var field));
        var octets = new ArrayBufferWriter<byte>();
        field.WriteTo(octets);

        Assert.Equal(expected, Encoding.UTF8.GetString(octets.WrittenSpan));
        Assert.Equal(expected, $"{field}\r\n");
        Assert.Equal(new HeaderField(name, value), field);
        Assert.True(field.IsNamed(name.ToUpperInvariant()));
    }

    [Theory]
    [InlineData("", "v")]
    [InlineData("A:", "v")]
    [InlineData("A B", "v")]
    [InlineData("A\r\nB", "v")]
    [InlineData("\u00C4", "v")]
    [InlineData("A", "v\r\n")]
    [InlineData("A", "v\r\nBcc: x")]
    [InlineData("A", "v\r\n\r\nbody")]
    [InlineData("A", "v\r\n \r\n w")]
    [InlineData("A", "v\nw")]
    [InlineData("A", "v\n w")]
    [InlineData("A", "v\r w")]
    [InlineData("A", "v\r\r\n w")]
    [InlineData("A", "v\0")]
    public void What_would_break_the_header_is_refused(string name, string value)
    {
        Assert.False(HeaderField.TryCreate(name, value, out _));
        Assert.Throws<ArgumentException>(() => new HeaderField(name, value));
    }

    [Fact]
    public void Half_a_character_is_refused() => Assert.False(HeaderField.TryCreate("A", "\uD800", out _));

    [Fact]
    public void Each_line_has_at_most_998_octets()
    {
        Assert.True(HeaderField.TryCreate("A", $"{new string('x', 995)}\r\n {new string('x', 997)}", out _));
        Assert.False(HeaderField.TryCreate("A", new string('x', 996), out _));
        Assert.False(HeaderField.TryCreate("A", $"x\r\n {new string('x', 998)}", out _));
        Assert.False(HeaderField.TryCreate("A", new string('\u00FC', 498), out _));
    }
}

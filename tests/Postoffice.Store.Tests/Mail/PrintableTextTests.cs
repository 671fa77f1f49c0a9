using System.Globalization;
using CsCheck;
using Postoffice.Store.Mail;
using Postoffice.Testing;
using Xunit;

namespace Postoffice.Store.Tests.Mail;

public sealed class PrintableTextTests
{
    // Attack G01: one event, one line.
    [Theory]
    [InlineData("plain text <a@b>", "plain text <a@b>")]
    [InlineData("", "")]
    [InlineData("a\r\nb\tc\0", "a\\x0D\\x0Ab\\x09c\\x00")]
    [InlineData("\u001B[2J\u0007\u007F", "\\x1B[2J\\x07\\x7F")]
    [InlineData("\u0085\u009B", "\\x85\\x9B")]
    [InlineData("\u2028\u2029", "\\u{2028}\\u{2029}")]
    [InlineData("\u200E\u200F\u202A\u202E\u2066\u2069", "\\u{200E}\\u{200F}\\u{202A}\\u{202E}\\u{2066}\\u{2069}")]
    [InlineData("\uFEFF\u200B\uE000", "\\u{FEFF}\\u{200B}\\u{E000}")]
    [InlineData("\U000E0041", "\\u{E0041}")]
    [InlineData("\\x0A", "\\\\x0A")]
    [InlineData("M\u00FCller \u65E5\u672C \U0001F4EE", "M\u00FCller \u65E5\u672C \U0001F4EE")]
    public void What_does_not_show_or_moves_the_cursor_is_escaped(string text, string expected) =>
        Assert.Equal(expected, PrintableText.Escape(text));

    [Theory]
    [InlineData("j\u00FCrgen \U0001F4E8\n", 512, "j\\u{00FC}rgen \\u{1F4E8}\\x0A")]
    [InlineData("plain", 5, "plain")]
    [InlineData("plainer", 6, "pla...")]
    [InlineData("ab\u00FC\u00FCcd", 14, "ab\\u{00FC}...")]
    [InlineData("\u00FC", 3, "...")]
    public void Where_only_ascii_may_stand_the_rest_is_escaped(string text, int limit, string expected) =>
        Assert.Equal(expected, PrintableText.EscapeToAscii(text, limit));

    [Fact]
    public void Half_a_character_is_escaped() => Assert.Equal("\\u{D800}a\\u{DC00}", PrintableText.Escape("\uD800a\uDC00"));

    [Theory]
    [InlineData("a\u00E9b", "a\\xE9b")]
    [InlineData("\u00C0\u00AF", "\\xC0\\xAF")]
    [InlineData("\u00ED\u00A0\u0080", "\\xED\\xA0\\x80")]
    [InlineData("M\u00C3\u00BC", "M\u00FC")]
    [InlineData("\u00C3", "\\xC3")]
    [InlineData("a\r\n", "a\\x0D\\x0A")]
    public void Octets_that_are_no_UTF8_are_escaped_one_by_one(string octets, string expected) =>
        Assert.Equal(expected, PrintableText.Escape(Octets.Of(octets)));

    [Theory]
    [InlineData("abcd", 4, "abcd")]
    [InlineData("abcde", 4, "abc\u2026")]
    [InlineData("ab\n", 6, "ab\\x0A")]
    [InlineData("ab\n", 5, "ab\u2026")]
    [InlineData("\nab", 5, "\\x0A\u2026")]
    [InlineData("\n", 1, "\u2026")]
    [InlineData("a\U0001F4EEb", 3, "a\u2026")]
    public void A_long_text_is_cut_but_never_inside_an_escape(string text, int limit, string expected) =>
        Assert.Equal(expected, PrintableText.Escape(text, limit));

    [Fact]
    public void Whatever_comes_the_result_is_short_and_on_one_line() =>
        Gen.Select(Gen.Char.Array[0, 60], Gen.Int[1, 50]).Sample((characters, limit) =>
        {
            var line = PrintableText.Escape(characters, limit);
            Assert.InRange(line.Length, 0, limit);
            Assert.DoesNotContain(line, static c => MailText.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format);
            Assert.True(MailText.IsWellFormed(line));
        });
}

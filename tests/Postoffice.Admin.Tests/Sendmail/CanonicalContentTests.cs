using System.Buffers;
using CsCheck;
using Postoffice.Admin.Sendmail;
using Postoffice.Testing;

namespace Postoffice.Admin.Tests.Sendmail;

/// <summary>P04, C-CLI-23: what any program writes becomes lines that end in CRLF.</summary>
public sealed class CanonicalContentTests
{
    [Theory]
    [InlineData("a\nb\n", "a\r\nb\r\n")]
    [InlineData("a\r\nb", "a\r\nb\r\n")]
    [InlineData("a\rb\n", "a b\r\n")]
    [InlineData("a\r\r\nb", "a \r\nb\r\n")]
    [InlineData("a\0b\n", "ab\r\n")]
    [InlineData("", "")]
    [InlineData("\n", "\r\n")]
    [InlineData("a\n.\nb\n", "a\r\n")]
    [InlineData("a\n.\r\nb\n", "a\r\n")]
    [InlineData("a\n..\n. \n.b\n", "a\r\n..\r\n. \r\n.b\r\n")]
    [InlineData("a\n.", "a\r\n.\r\n")]
    public void Lines_become_canonical_and_a_lone_dot_ends(string written, string content) => Assert.Equal(content, Canonical(written, written.Length + 1, dotEnds: true));

    [Fact]
    public void With_i_a_lone_dot_is_text() => Assert.Equal("a\r\n.\r\nb\r\n", Canonical("a\n.\nb\n", 10, dotEnds: false));

    [Fact]
    public void How_octets_arrive_does_not_matter_and_no_bare_cr_lf_or_nul_leaves() =>
        Gen.Select(Gen.String[Gen.Char["ab.\r\n\0\u00E9"], 0, 40], Gen.Int[1, 7], Gen.Bool).Sample((text, size, dotEnds) =>
        {
            var whole = Canonical(text, 100, dotEnds);
            var bare = whole.Replace("\r\n", "");
            return whole == Canonical(text, size, dotEnds) && bare.IndexOfAny(['\r', '\n', '\0']) < 0 && (whole.Length == 0 || whole.EndsWith("\r\n", StringComparison.Ordinal));
        });

    private static string Canonical(string text, int size, bool dotEnds)
    {
        var canonical = new CanonicalContent(dotEnds);
        var content = new ArrayBufferWriter<byte>();
        foreach (var piece in Octets.Of(text).Chunk(size)) canonical.Write(piece, content);
        canonical.Finish(content);
        return System.Text.Encoding.Latin1.GetString(content.WrittenSpan);
    }
}

using CsCheck;
using Postoffice.Store.Mail;
using Xunit;

namespace Postoffice.Store.Tests.Mail;

public sealed class DomainNameTests
{
    [Theory]
    [InlineData("example.test", "example.test")]
    [InlineData("EXAMPLE.Test.", "example.test")]
    [InlineData("localhost", "localhost")]
    [InlineData("1a.2-b.c3", "1a.2-b.c3")]
    [InlineData("_dmarc.my_host.test", "_dmarc.my_host.test")]
    [InlineData("XN--BCHER-KVA.example", "xn--bcher-kva.example")]
    [InlineData("B\u00DCCHER.example", "xn--bcher-kva.example")]
    [InlineData("bu\u0308cher.example", "xn--bcher-kva.example")] // not yet NFC
    [InlineData("fa\u00DF.de", "xn--fa-hia.de")] // non-transitional: ß is not ss
    [InlineData("m\u00FCnchen\u3002de", "xn--mnchen-3ya.de")] // ideographic full stop
    [InlineData("\uFF41.de", "a.de")] // full-width letter
    public void A_domain_has_one_form(string text, string canonical)
    {
        Assert.True(DomainName.TryParse(text, out var domain));
        Assert.Equal(canonical, domain.Value);
        Assert.True(DomainName.TryParse(domain.ToString(), out var again));
        Assert.Equal(domain, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a..")]
    [InlineData("-a.b")]
    [InlineData("a-.b")]
    [InlineData("a b")]
    [InlineData("a@b")]
    [InlineData("a/b")]
    [InlineData("a\0b")]
    [InlineData("a\r\n.b")]
    [InlineData("!")]
    [InlineData("[192.0.2.1]")]
    [InlineData("192.0.2.1")]
    [InlineData("127.1")]
    [InlineData("a.1")]
    [InlineData("a\u200Db.de")]
    [InlineData("\u2100.de")] // UTS 46 makes a/c of it
    [InlineData("\u00FC\0.de")]
    [InlineData("\u00FC..de")]
    [InlineData("\uFFFD.de")]
    [InlineData("\u0663a.de")]
    public void What_is_no_domain_is_refused(string text)
    {
        Assert.False(DomainName.TryParse(text, out var domain));
        Assert.Null(domain);
    }

    [Fact]
    public void Half_a_character_is_refused() => Assert.False(DomainName.TryParse("\u00FC\uD800.de", out _));

    [Fact]
    public void Labels_and_names_have_limits()
    {
        var label = new string('a', 63);
        var longest = $"{label}.{label}.{label}.{label}";

        Assert.True(DomainName.TryParse($"{label}.test", out _));
        Assert.False(DomainName.TryParse($"{label}a.test", out _));
        Assert.True(DomainName.TryParse(longest, out _));
        Assert.True(DomainName.TryParse($"{longest}.", out _));
        Assert.False(DomainName.TryParse($"{longest[..^1]}.aa", out _));
        Assert.False(DomainName.TryParse(new string('\u00FC', 200), out _));
        Assert.False(DomainName.TryParse(new string('a', 65_536), out _));
    }

    [Fact]
    public void Reading_the_canonical_form_returns_it_whatever_was_read() =>
        Gen.OneOf(Gen.Char["aZ0-._"], Gen.Char).Array[1, 12].Sample(characters =>
        {
            if (!DomainName.TryParse(characters, out var domain)) return;
            Assert.True(DomainName.TryParse(domain.Value, out var again));
            Assert.Equal(domain, again);
            Assert.True(System.Text.Ascii.IsValid(domain.Value));
        });
}

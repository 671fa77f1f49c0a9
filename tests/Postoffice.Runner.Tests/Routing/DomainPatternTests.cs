using Postoffice.Runner.Routing;

namespace Postoffice.Runner.Tests.Routing;

public sealed class DomainPatternTests
{
    [Theory]
    [InlineData("example.test", "example.test", true)]
    [InlineData("Example.TEST.", "example.test", true)]
    [InlineData("example.test", "a.example.test", false)]
    [InlineData("*.example.test", "a.example.test", true)]
    [InlineData("*.example.test", "a.b.example.test", true)]
    [InlineData("*.example.test", "example.test", false)]
    [InlineData("*.example.test", "anexample.test", false)]
    [InlineData("*", "example.test", true)]
    [InlineData("*", "192.0.2.1", true)]
    [InlineData("bücher.test", "xn--bcher-kva.test", true)]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("[192.0.2.1]", "192.0.2.1", true)]
    [InlineData("[2001:DB8::1]", "2001:db8::1", true)]
    [InlineData("192.0.2.1", "192.0.2.10", false)]
    public void A_pattern_fits_what_it_says(string text, string name, bool fits)
    {
        Assert.True(DomainPattern.TryParseHost(text, out var pattern));
        Assert.Equal(fits, pattern.Fits(name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("*.")]
    [InlineData("*.*")]
    [InlineData("**")]
    [InlineData("a*.test")]
    [InlineData("a..test")]
    [InlineData("[192.0.2]")]
    [InlineData("[]")]
    [InlineData("127.1")]
    public void What_is_no_pattern_is_refused(string text) => Assert.False(DomainPattern.TryParseHost(text, out _));

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("[2001:db8::1]")]
    public void An_address_is_a_host_and_no_domain(string text) => Assert.False(DomainPattern.TryParse(text, out _));
}

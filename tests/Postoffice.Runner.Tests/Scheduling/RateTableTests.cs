using Postoffice.Runner.Scheduling;
using Postoffice.Store.Configuration;
using Postoffice.Store.Events;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Scheduling;

public sealed class RateTableTests : IDisposable
{
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData("slow.test", 1.0)]
    [InlineData("mx.slow.test:25", 6.0)]
    [InlineData("[2001:db8::1]:2525", 0.5)]
    [InlineData("other.test", 0.0)]
    public void The_first_that_fits_says_how_far_apart_attempts_are(string destination, double seconds)
    {
        var rates = Rates("rate=slow.test:60/1m", "rate=*.slow.test:10/1m", "rate=2001:db8::1:2/1s", "rate=slow.test:1/1d");

        Assert.Equal(TimeSpan.FromSeconds(seconds), rates.SpacingFor(new Destination(Transport.Smtp, destination)));
    }

    [Theory]
    [InlineData("rate=slow.test")]
    [InlineData("rate=slow.test:60")]
    [InlineData("rate=slow.test:0/1m")]
    [InlineData("rate=slow.test:-1/1m")]
    [InlineData("rate=slow.test:60/2d")]
    [InlineData("rate=:60/1m")]
    [InlineData("rate=a b:60/1m")]
    public void What_is_no_rate_is_refused_with_what_is_expected(string line) =>
        Assert.Contains("PATTERN:N/TIME", Assert.Throws<SettingException>(() => Rates(line)).Message, StringComparison.Ordinal);

    private RateTable Rates(params string[] options)
    {
        var file = directory.File("cf");
        using (new FileStream(file, FileMode.Create))
        {
        }
        return RateTable.From(ConfigurationFile.Load(file, options));
    }
}

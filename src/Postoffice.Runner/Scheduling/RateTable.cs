using System.Globalization;
using Postoffice.Runner.Routing;
using Postoffice.Store.Configuration;

namespace Postoffice.Runner.Scheduling;

/// <summary>
/// <c>rate=PATTERN:N/TIME</c>: so many attempts in that time to each destination that fits, evenly spaced; the first that fits counts. Evenly, since
/// whoever counts at the other end may begin to count at any instant.
/// </summary>
internal sealed class RateTable
{
    public static readonly RateTable None = new([]);

    private const int MaxAttempts = 1_000_000;
    private readonly IReadOnlyList<(DomainPattern Hosts, TimeSpan Spacing)> rates;

    private RateTable(IReadOnlyList<(DomainPattern, TimeSpan)> rates) => this.rates = rates;

    /// <exception cref="SettingException">A value cannot be used.</exception>
    public static RateTable From(Settings settings) =>
        new([.. settings.Entries.Where(entry => entry is { Name: "rate", Value.Length: > 0 }).Select(Parse)]);

    /// <summary>The least time between two attempts; zero for none.</summary>
    public TimeSpan SpacingFor(Destination destination)
    {
        foreach (var (hosts, spacing) in rates)
        {
            if (hosts.Fits(destination.Host)) return spacing;
        }
        return TimeSpan.Zero;
    }

    private static (DomainPattern, TimeSpan) Parse(Setting setting)
    {
        var value = setting.Value!;
        var colon = value.LastIndexOf(':'); // an IPv6 address has colons of its own
        var slash = value.IndexOf('/', colon + 1);
        return colon > 0 && slash > 0
            && DomainPattern.TryParseHost(value.AsSpan(0, colon), out var hosts)
            && int.TryParse(value.AsSpan((colon + 1)..slash), NumberStyles.None, CultureInfo.InvariantCulture, out var attempts)
            && attempts is >= 1 and <= MaxAttempts
            && Units.TryTime(value[(slash + 1)..], out var time) && time >= TimeSpan.FromSeconds(1) && time <= TimeSpan.FromDays(1)
            ? (hosts, time / attempts)
            : throw new SettingException(
                setting, $"PATTERN:N/TIME is expected, as example.com:60/1m; PATTERN is {DomainPattern.Forms}, or an address; N 1 to 1,000,000, TIME 1s to 1d");
    }
}

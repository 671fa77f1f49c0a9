using Postoffice.Store.Configuration;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Routing;

/// <summary>The next hops an operator named: <c>route=PATTERN:HOST[:PORT]</c> in order, the first that fits wins; then <c>relay-host=</c>.</summary>
internal sealed class RouteTable
{
    private readonly IReadOnlyList<Entry> entries;
    private readonly NextHop? relayHost;

    private RouteTable(IReadOnlyList<Entry> entries, NextHop? relayHost)
    {
        this.entries = entries;
        this.relayHost = relayHost;
    }

    /// <exception cref="SettingException">A pattern or host cannot be used.</exception>
    public static RouteTable From(Settings settings)
    {
        var routes = settings.Entries.Where(entry => entry is { Name: "route", Value.Length: > 0 }).Select(Parse).ToList();
        return new RouteTable(routes, settings.Find("relay-host") is { Value.Length: > 0 } relay ? Hop(relay, relay.Value) : null);
    }

    /// <summary>Null when nothing is configured for the domain.</summary>
    /// <param name="domain">A domain's canonical form or an address literal.</param>
    public NextHop? Find(string domain) => entries.FirstOrDefault(entry => entry.Pattern.Fits(domain))?.Hop ?? relayHost;

    private static Entry Parse(Setting setting)
    {
        var colon = setting.Value!.IndexOf(':');
        return colon > 0 && DomainPattern.TryParse(setting.Value.AsSpan(0, colon), out var pattern)
            ? new Entry(pattern, Hop(setting, setting.Value[(colon + 1)..]))
            : throw new SettingException(setting, $"PATTERN:HOST[:PORT] is expected; PATTERN is {DomainPattern.Forms}");
    }

    private static NextHop Hop(Setting setting, string text) => NextHop.TryParse(text, out var hop)
        ? hop
        : throw new SettingException(setting, "HOST[:PORT] is expected; an IPv6 address stands in brackets");

    private sealed record Entry(DomainPattern Pattern, NextHop Hop);
}

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
    public NextHop? Find(string domain) => entries.FirstOrDefault(entry => entry.Fits(domain))?.Hop ?? relayHost;

    private static Entry Parse(Setting setting)
    {
        var colon = setting.Value!.IndexOf(':');
        var pattern = colon < 0 ? "" : setting.Value[..colon];
        var domain = pattern.StartsWith("*.", StringComparison.Ordinal) ? pattern[2..] : pattern;
        var prefix = domain.Length == pattern.Length ? "" : "*.";
        if (pattern == "*") return new Entry("*", Hop(setting, setting.Value[(colon + 1)..]));
        return DomainName.TryParse(domain, out var name)
            ? new Entry(prefix + name.Value, Hop(setting, setting.Value[(colon + 1)..]))
            : throw new SettingException(setting, "PATTERN:HOST[:PORT] is expected; PATTERN is a domain, *.domain or *");
    }

    private static NextHop Hop(Setting setting, string text) => NextHop.TryParse(text, out var hop)
        ? hop
        : throw new SettingException(setting, "HOST[:PORT] is expected; an IPv6 address stands in brackets");

    /// <param name="Pattern">A domain, <c>*.domain</c> for everything below it but not itself, or <c>*</c>.</param>
    private sealed record Entry(string Pattern, NextHop Hop)
    {
        public bool Fits(string domain) =>
            Pattern == "*" || Pattern == domain || (Pattern[0] == '*' && domain.EndsWith(Pattern[1..], StringComparison.Ordinal));
    }
}

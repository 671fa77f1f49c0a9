using Postoffice.Runner.Routing;
using Postoffice.Store.Configuration;

namespace Postoffice.Runner.Transports.Tls;

/// <summary><c>tls-policy=PATTERN:WORD</c> in order, the first that fits wins; without one, TLS where it is offered.</summary>
internal sealed class TlsPolicyTable
{
    private readonly IReadOnlyList<(DomainPattern Pattern, TlsPolicy Policy)> entries;

    private TlsPolicyTable(IReadOnlyList<(DomainPattern, TlsPolicy)> entries) => this.entries = entries;

    /// <exception cref="SettingException">A pattern or a word cannot be used.</exception>
    public static TlsPolicyTable From(Settings settings) =>
        new([.. settings.Entries.Where(entry => entry.Name == "tls-policy").Select(Parse)]);

    /// <param name="destination">The name of a configured next hop, or the recipients' domain where the DNS says who takes its mail.</param>
    public TlsPolicy Find(string destination)
    {
        foreach (var (pattern, policy) in entries)
        {
            if (pattern.Fits(destination)) return policy;
        }
        return TlsPolicy.May;
    }

    private static (DomainPattern, TlsPolicy) Parse(Setting setting)
    {
        var value = setting.Value ?? "";
        var colon = value.LastIndexOf(':'); // an IPv6 address has colons of its own
        TlsPolicy? policy = value[(colon + 1)..] switch
        {
            "none" => TlsPolicy.None,
            "may" => TlsPolicy.May,
            "encrypt" => TlsPolicy.Encrypt,
            "verify" => TlsPolicy.Verify,
            _ => null,
        };
        return colon > 0 && policy is { } known && DomainPattern.TryParseHost(value.AsSpan(0, colon), out var pattern)
            ? (pattern, known)
            : throw new SettingException(setting, $"PATTERN:none, may, encrypt or verify is expected; PATTERN is {DomainPattern.Forms}, or an address");
    }
}

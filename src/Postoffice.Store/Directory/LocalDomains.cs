using System.Collections.Frozen;
using System.Net;
using System.Net.NetworkInformation;
using Postoffice.Store.Configuration;
using Postoffice.Store.Mail;

namespace Postoffice.Store.Directory;

/// <summary>
/// Whose mail is ours: our own name, which senders here and notifications to them have; <c>localhost</c>, which is this machine wherever it is
/// said (RFC 6761 §6.3); the domains of <c>local-domain=</c>; literals of own addresses.
/// </summary>
public sealed class LocalDomains
{
    private static readonly DomainName Localhost = DomainName.TryParse("localhost", out var name) ? name : throw new InvalidOperationException();
    private readonly FrozenSet<DomainName> domains;
    private readonly FrozenSet<IPAddress> addresses;

    private LocalDomains(IEnumerable<DomainName> domains, IEnumerable<IPAddress> addresses)
    {
        this.domains = domains.ToFrozenSet();
        this.addresses = addresses.ToFrozenSet();
    }

    /// <exception cref="SettingException">A value is no domain.</exception>
    /// <param name="self">The own name.</param>
    public static LocalDomains From(Settings settings, DomainName self)
    {
        var listed = settings.Entries.Where(entry => entry is { Name: "local-domain", Value.Length: > 0 }).Select(Parse);
        return new LocalDomains([self, Localhost, .. listed], OwnAddresses());
    }

    public bool Contains(DomainName domain) => domains.Contains(domain);

    /// <summary>A local part alone is ours too: it names somebody here.</summary>
    public bool Contains(Mailbox mailbox)
    {
        if (mailbox.Domain is { } domain) return Contains(domain);
        return mailbox.Literal is not { } literal || addresses.Contains(literal.Address);
    }

    /// <summary>Every address of this machine's interfaces, without scopes; IPv4 in its own form.</summary>
    public static IReadOnlyList<IPAddress> OwnAddresses() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(face => face.GetIPProperties().UnicastAddresses)
            .Select(unicast => AddressLiteral.From(unicast.Address).Address)
            .Distinct(),
    ];

    private static DomainName Parse(Setting setting) =>
        DomainName.TryParse(setting.Value, out var domain) ? domain : throw new SettingException(setting, "a domain name is expected");
}

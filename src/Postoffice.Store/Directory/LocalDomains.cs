using System.Collections.Frozen;
using System.Net;
using System.Net.NetworkInformation;
using Postoffice.Store.Configuration;
using Postoffice.Store.Mail;

namespace Postoffice.Store.Directory;

/// <summary>Whose mail is ours: the domains of <c>local-domain=</c>, or the own name when none is set, and literals of own addresses.</summary>
public sealed class LocalDomains
{
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
        var listed = settings.Entries.Where(entry => entry is { Name: "local-domain", Value.Length: > 0 }).Select(Parse).ToList();
        if (listed.Count == 0) listed.Add(self);
        return new LocalDomains(listed, OwnAddresses());
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

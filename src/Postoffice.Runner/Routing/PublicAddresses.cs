using System.Net;

namespace Postoffice.Runner.Routing;

/// <summary>
/// Addresses that strangers may make us dial, through their DNS or an address literal: no host elsewhere has one of the others, but this machine's
/// own services, or those of its link, may trust whoever comes from here.
/// </summary>
internal static class PublicAddresses
{
    // RFC 6890: this host, loopback, link-local (cloud metadata), and all that is no host's (multicast, reserved, broadcast). Private networks
    // (RFC 1918, RFC 4193) are in: an internal DNS names hosts there.
    private static readonly IPNetwork[] Others =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("224.0.0.0/3"),
        IPNetwork.Parse("::/96"), IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("ff00::/8"),
    ];

    public static bool Contains(IPAddress address)
    {
        return IsElsewhere(address) && TranslatedAddress.Of(address).All(IsElsewhere);

        static bool IsElsewhere(IPAddress address) => !Array.Exists(Others, network => network.Contains(address));
    }
}

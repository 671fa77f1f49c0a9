using System.Net;

namespace Postoffice.Runner.Routing;

/// <summary>The IPv4 addresses that an IPv6 address stands for: mapped (RFC 4291 §2.5.5.2), or translated on its way (RFC 6052).</summary>
internal static class TranslatedAddress
{
    private const int Octets = 16;

    private static readonly IPNetwork WellKnown = IPNetwork.Parse("64:ff9b::/96"); // RFC 6052 §2.1
    private static readonly IPNetwork Local = IPNetwork.Parse("64:ff9b:1::/48"); // RFC 8215

    // RFC 6052 §2.2: the octets behind a prefix of 48, 56, 64 and 96 bits; the ninth stays zero.
    private static readonly int[][] Places = [[6, 7, 9, 10], [7, 9, 10, 11], [9, 10, 11, 12], [12, 13, 14, 15]];

    /// <summary>
    /// Empty for an address that is only itself. A site chooses how long its prefix within 64:ff9b:1::/48 is, which the address does not tell:
    /// then all that it may stand for, without those of network 0, which are the zero bits of another length.
    /// </summary>
    public static IEnumerable<IPAddress> Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return [address.MapToIPv4()];
        if (WellKnown.Contains(address)) return [At(address, Places[^1])];
        if (Local.Contains(address)) return Places.Select(place => At(address, place)).Where(embedded => embedded.GetAddressBytes()[0] != 0);
        return [];
    }

    private static IPAddress At(IPAddress address, int[] place)
    {
        Span<byte> octets = stackalloc byte[Octets];
        address.TryWriteBytes(octets, out _);
        return new IPAddress([octets[place[0]], octets[place[1]], octets[place[2]], octets[place[3]]]);
    }
}

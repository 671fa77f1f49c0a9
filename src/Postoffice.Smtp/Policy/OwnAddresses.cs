using System.Net;
using Postoffice.Store.Directory;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Policy;

/// <summary>
/// The addresses of this machine's interfaces, both families (C-ADM-08, C-ADM-09): 127.0.0.1 is one, 127.0.0.2 is not. Looked up again
/// after a few seconds, since interfaces come and go.
/// </summary>
internal sealed class OwnAddresses(TimeProvider clock, Func<IEnumerable<IPAddress>> interfaces)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);
    private Snapshot? snapshot;

    public static OwnAddresses OfThisMachine(TimeProvider clock) => new(clock, LocalDomains.OwnAddresses);

    public bool Contains(IPAddress address)
    {
        var current = snapshot;
        if (current is null || clock.GetElapsedTime(current.TakenAt) > Fresh)
        {
            current = new Snapshot([.. interfaces().Select(Plain)], clock.GetTimestamp());
            snapshot = current;
        }
        return current.Addresses.Contains(Plain(address));
    }

    /// <summary>The address without scope, and IPv4 where it is IPv4 in IPv6 clothes (RFC 4291 §2.5.5.2).</summary>
    public static IPAddress Plain(IPAddress address) => AddressLiteral.From(address).Address;

    private sealed record Snapshot(HashSet<IPAddress> Addresses, long TakenAt);
}

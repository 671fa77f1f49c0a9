using Postoffice.Runner.Routing;
using Postoffice.Store.Mail;
using Postoffice.Store.Queries;

namespace Postoffice.Runner.Scheduling;

/// <summary>What the store tells of the queue's domains, together with what goes on in this process for their next hops.</summary>
internal static class DestinationHealth
{
    /// <returns>What waits comes first, the most of it on top; then what only had attempts of late.</returns>
    public static IReadOnlyList<DestinationEntry> Of(IEnumerable<QueuedDomain> domains, IRouter router, IEnumerable<DestinationLoad> loads)
    {
        var entries = new Dictionary<string, DestinationEntry>(StringComparer.Ordinal);
        foreach (var domain in domains)
        {
            var name = NameOf(domain, router);
            entries[name] = Sum(entries.GetValueOrDefault(name) ?? new DestinationEntry(name), domain.Entry);
        }
        foreach (var load in loads)
        {
            var name = load.Destination.Name;
            entries[name] = (entries.GetValueOrDefault(name) ?? new DestinationEntry(name)) with { Running = load.Running, Limit = load.Limit };
        }
        return [.. entries.Values.OrderByDescending(entry => entry.Waiting).ThenBy(entry => entry.Destination, StringComparer.Ordinal)];
    }

    /// <summary>Mail of several domains may go to one configured next hop; mail for mailboxes here counts by its domain.</summary>
    private static string NameOf(QueuedDomain domain, IRouter router)
    {
        var name = domain.Entry.Destination;
        if (name.Length == 0 || !ForwardPath.TryParse(domain.Address, smtpUtf8: true, out var recipient)) return name;
        try
        {
            return router.Resolve(recipient) is Route.Smtp smtp ? smtp.Destination!.Name : name;
        }
        catch (IOException)
        {
            return name; // the users cannot be looked up now: it is a domain of ours
        }
    }

    private static DestinationEntry Sum(DestinationEntry left, DestinationEntry right) => left with
    {
        Waiting = left.Waiting + right.Waiting,
        Trying = left.Trying + right.Trying,
        Held = left.Held + right.Held,
        LastReply = left.LastReply ?? right.LastReply,
    };
}

using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Projections;

namespace Postoffice.Runner.Scheduling;

/// <summary>
/// The ways to look for what is due. Mail of a domain of others goes to one destination: what has no room there is passed over with its whole
/// domain, until there is. Mail of a domain of ours goes to mailboxes, and which one only the message tells.
/// </summary>
/// <param name="put">Puts a message to work on behalf of a destination that expects it, see <see cref="MessageWork.DeliverAsync"/>; false when
/// there is no more room for messages altogether.</param>
/// <param name="meetInFlight">Whether the message of a row is worked on already.</param>
internal sealed class DueLooks(
    DueQueue due, MessageWork work, Func<QueueId, Destination?, bool> put, Func<DueDelivery, bool> meetInFlight, TimeProvider clock)
{
    private const int PageSize = 200;
    private const string LocalPartsAlone = "";
    private static readonly TimeSpan BetweenOwn = TimeSpan.FromMilliseconds(250);

    private readonly Backlog backlog = new();
    private readonly Lock gate = new();
    private readonly HashSet<string> ownCrowded = new(StringComparer.Ordinal); // domains of ours with mail for crowded mailboxes
    private bool hasOwnRoom; // one of the mailboxes has room
    private DateTimeOffset nextOwn = DateTimeOffset.MinValue;

    /// <summary>Last row of all that were looked at in the order of their instants; null before the first look at all.</summary>
    public DueDelivery? Last { get; private set; }

    /// <summary>When there is something to look at again, apart from what becomes due; null when nothing is known.</summary>
    public DateTimeOffset? NextOwn
    {
        get
        {
            lock (gate) return hasOwnRoom ? nextOwn : null;
        }
    }

    /// <summary>A message was looked at, and its destination had no place for it.</summary>
    public void Crowd(Destination destination, string domain)
    {
        if (destination.Transport is Transport.Mailbox)
        {
            lock (gate) ownCrowded.Add(domain);
        }
        else
        {
            backlog.Add(destination, domain, again: true);
        }
    }

    /// <summary>A destination has room.</summary>
    public void Open(Destination destination)
    {
        if (destination.Transport is Transport.Mailbox)
        {
            lock (gate) hasOwnRoom = true;
        }
        else
        {
            backlog.Open(destination);
        }
    }

    /// <summary>Goes on behind the last row: new mail, and what waited for its instant.</summary>
    /// <returns>False when there was no more room.</returns>
    public bool AtNew(DateTimeOffset now)
    {
        for (var after = Behind(Last); ;)
        {
            var page = due.Due(now, after, PageSize);
            foreach (var row in page)
            {
                if (!Put(row)) return false;
                after = Last = row;
            }
            if (page.Count < PageSize) return true;
        }
    }

    /// <summary>Destinations that have room again take so much of their mail as they have room for.</summary>
    /// <returns>False when there was no more room.</returns>
    public bool AtBacklog(DateTimeOffset now)
    {
        while (backlog.TryTake(out var destination))
        {
            if (AtBacklogOf(destination, now)) continue;
            backlog.Open(destination);
            return false;
        }
        return AtOwn(now);
    }

    /// <summary>Goes through all that is due: a step for each domain of others, however much mail it has, and all mail for domains of ours.</summary>
    /// <returns>False when there was no more room.</returns>
    public bool AtAll(DateTimeOffset now)
    {
        Last = new DueDelivery(new QueueId(0), 0, now);
        if (!AtEach(LocalPartsAlone, now)) return false;
        for (var last = LocalPartsAlone; ;)
        {
            var page = due.DueDomains(now, last, PageSize);
            foreach (var domain in page)
            {
                last = domain;
                if (work.DestinationOf(domain) is { } destination)
                {
                    backlog.Add(destination, domain, again: true);
                    work.AskForRoom(destination);
                }
                else if (!AtEach(domain, now))
                {
                    return false;
                }
            }
            if (page.Count < PageSize) return true;
        }
    }

    /// <summary>Facts of one commit share a millisecond, so the last row may have got neighbours since.</summary>
    public static DueDelivery? Behind(DueDelivery? last) => last is null ? null : new DueDelivery(new QueueId(0), 0, last.DueAt.AddSeconds(-1));

    /// <summary>Domains of ours, where a mailbox has room again. A look costs what waits for all mailboxes, so a fifth of the time may go into it.</summary>
    private bool AtOwn(DateTimeOffset now)
    {
        List<string> domains;
        lock (gate)
        {
            if (!hasOwnRoom || now < nextOwn) return true;
            hasOwnRoom = false;
            domains = [.. ownCrowded];
            ownCrowded.Clear();
        }
        var began = clock.GetTimestamp();
        var whole = domains.All(domain => AtEach(domain, now));
        lock (gate)
        {
            if (!whole) ownCrowded.UnionWith(domains);
            hasOwnRoom |= !whole;
            nextOwn = clock.GetUtcNow() + BetweenOwn + (clock.GetElapsedTime(began) * 4);
        }
        return whole;
    }

    private bool AtEach(string domain, DateTimeOffset now)
    {
        DueDelivery? after = null;
        while (true)
        {
            var page = due.DueOf(domain, now, after, PageSize);
            foreach (var row in page)
            {
                if (!meetInFlight(row) && !put(row.Message, null)) return false;
                after = row;
            }
            if (page.Count < PageSize) return true;
        }
    }

    private bool AtBacklogOf(Destination destination, DateTimeOffset now)
    {
        while (backlog.TryNext(destination, out var domain, out var after))
        {
            var page = due.DueOf(domain, now, after, PageSize);
            foreach (var row in page)
            {
                if (!meetInFlight(row))
                {
                    if (!work.TryExpect(destination))
                    {
                        backlog.GoOn(destination, domain, after);
                        work.AskForRoom(destination);
                        return true;
                    }
                    if (!put(row.Message, destination)) return false;
                }
                after = row;
            }
            if (page.Count < PageSize) backlog.Done(destination, domain);
            else backlog.GoOn(destination, domain, after);
        }
        return true;
    }

    private bool Put(DueDelivery row)
    {
        if (meetInFlight(row)) return true;
        if (work.DestinationOf(row.Domain) is not { } destination) return put(row.Message, null);
        if (!backlog.Contains(destination) && work.TryExpect(destination)) return put(row.Message, destination);
        backlog.Add(destination, row.Domain, again: false);
        work.AskForRoom(destination);
        return true;
    }
}

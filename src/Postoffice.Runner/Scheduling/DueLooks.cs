using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Projections;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Scheduling;

/// <summary>
/// The ways to look for what is due. Mail of a domain of others goes to one destination: what has no room there is passed over with its whole
/// domain, until there is. Mail of a domain of ours goes to mailboxes, and which one only the message tells: it is passed over by name.
/// </summary>
/// <param name="put">Puts a message to work, for a wish or none, on behalf of a destination that expects it or none, see
/// <see cref="MessageWork.DeliverAsync"/>; false when there is no more room for messages altogether.</param>
/// <param name="meetInFlight">Whether all that is due of a row's message is worked on already.</param>
internal sealed class DueLooks(
    DueQueue due, MessageWork work, Func<QueueId, RunNow?, Destination?, bool> put, Func<DueDelivery, bool> meetInFlight)
{
    private const int PageSize = 200;
    private const string LocalPartsAlone = "";

    private readonly Backlog backlog = new();

    /// <summary>Last row of all that were looked at in the order of their instants; null before the first look at all.</summary>
    public DueDelivery? Last { get; private set; }

    /// <summary>What was looked at found no place at its destination.</summary>
    /// <param name="wish">That it is tried now; null when it is due.</param>
    public void Crowd(Part part, RunNow? wish)
    {
        var (message, destination) = (part.Message, part.Route.Destination!);
        var isFoundByDomain = destination.Transport is not Transport.Mailbox && !message.LeftItsDomain;
        if (isFoundByDomain) backlog.Add(destination, part.Recipients[0].Accepted.To.Mailbox.DomainPart, again: true);
        if (isFoundByDomain && wish is null) return;
        if (backlog.Add(destination, new NamedMessage(message.Id, part.Recipients[0].Number, wish))) wish?.Follow();
    }

    /// <summary>It is in vain to try now what somebody wishes to be tried.</summary>
    public void Forgo(Destination destination)
    {
        foreach (var wish in backlog.Forgo(destination)) wish.Unfollow();
    }

    /// <summary>Nobody looks any more.</summary>
    public void Close()
    {
        foreach (var wish in backlog.Close()) wish.Cancel();
    }

    /// <summary>A destination has room.</summary>
    public void Open(Destination destination) => backlog.Open(destination);

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
        return true;
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

    private bool AtEach(string domain, DateTimeOffset now)
    {
        DueDelivery? after = null;
        while (true)
        {
            var page = due.DueOf(domain, now, after, PageSize);
            foreach (var row in page)
            {
                if (!PutByName(row)) return false;
                after = row;
            }
            if (page.Count < PageSize) return true;
        }
    }

    private bool AtBacklogOf(Destination destination, DateTimeOffset now)
    {
        while (backlog.TryNext(destination, out Turn turn))
        {
            switch (turn.Domain is { } domain ? TakeOf(domain, turn, destination, now) : TakeNamed(turn, destination))
            {
                case Taken.AsMuchAsThereIsRoomFor:
                    work.AskForRoom(destination);
                    return true;
                case Taken.AsMuchAsMayBeInFlight:
                    return false;
                default:
                    break;
            }
        }
        return true;
    }

    private Taken TakeOf(string domain, Turn turn, Destination destination, DateTimeOffset now)
    {
        var page = due.DueOf(domain, now, turn.After, PageSize);
        foreach (var row in page)
        {
            if (!meetInFlight(row))
            {
                if (!work.TryExpect(destination))
                {
                    backlog.GoOn(destination, turn);
                    return Taken.AsMuchAsThereIsRoomFor;
                }
                if (!put(row.Message, null, destination)) return Taken.AsMuchAsMayBeInFlight;
            }
            turn = turn with { After = row };
        }
        if (page.Count < PageSize) backlog.Done(destination, turn);
        else backlog.GoOn(destination, turn);
        return Taken.AllOfTheTurn;
    }

    private Taken TakeNamed(Turn turn, Destination destination)
    {
        for (var left = PageSize; left > 0; left--)
        {
            if (!work.TryExpect(destination))
            {
                backlog.GoOn(destination, turn);
                return Taken.AsMuchAsThereIsRoomFor;
            }
            if (!backlog.TryNext(destination, out NamedMessage next))
            {
                work.Arrived(destination); // there is nobody to come
                backlog.Done(destination, turn);
                return Taken.AllOfTheTurn;
            }
            if (!put(next.Id, next.Wish, destination))
            {
                if (!backlog.Add(destination, next)) next.Wish?.Unfollow();
                return Taken.AsMuchAsMayBeInFlight;
            }
            next.Wish?.Unfollow(); // the place in flight is followed instead
        }
        backlog.GoOn(destination, turn);
        return Taken.AllOfTheTurn;
    }

    private bool Put(DueDelivery row)
    {
        if (work.DestinationOf(row.Domain) is not { } destination) return PutByName(row);
        if (meetInFlight(row)) return true;
        if (!backlog.Contains(destination) && work.TryExpect(destination)) return put(row.Message, null, destination);
        backlog.Add(destination, row.Domain, again: false);
        work.AskForRoom(destination);
        return true;
    }

    private bool PutByName(DueDelivery row) =>
        backlog.Contains(row.Message, row.Recipient) || meetInFlight(row) || put(row.Message, null, null);

    private enum Taken
    {
        AllOfTheTurn,
        AsMuchAsThereIsRoomFor,
        AsMuchAsMayBeInFlight,
    }
}

using Postoffice.Store.Mail;
using Postoffice.Store.Projections;

namespace Postoffice.Runner.Scheduling;

/// <summary>A message kept by name until its destination has a place for it.</summary>
/// <param name="Recipient">The first of those the place is for.</param>
/// <param name="Wish">That it is tried now; null when it is due.</param>
internal readonly record struct NamedMessage(QueueId Id, int Recipient, RunNow? Wish);

/// <summary>Whose turn it is at a destination: a domain, or those kept by name.</summary>
/// <param name="Domain">Null for those kept by name.</param>
/// <param name="After">The last row of the domain that found a place; null for the beginning.</param>
internal readonly record struct Turn(string? Domain, DueDelivery? After);

/// <summary>What waits for one destination; its domains, and those kept by name, take turns.</summary>
internal sealed class BacklogLane
{
    private readonly Queue<string?> turns = new();
    private readonly Dictionary<string, Place> domains = new(StringComparer.Ordinal);
    private bool hasNamedTurn;

    public Queue<NamedMessage> Named { get; } = new();

    public bool IsEmpty => turns.Count == 0;

    public void Add(string domain, bool again)
    {
        if (domains.TryAdd(domain, default)) turns.Enqueue(domain);
        else if (again) domains[domain] = domains[domain] with { Again = true };
    }

    public void Add(NamedMessage message)
    {
        Named.Enqueue(message);
        if (!hasNamedTurn) turns.Enqueue(null);
        hasNamedTurn = true;
    }

    public bool TryNext(out Turn turn)
    {
        turn = default;
        if (!turns.TryPeek(out var domain)) return false;
        if (domain is not null) turn = new Turn(domain, Begin(domain));
        return true;
    }

    /// <summary>The next one has its turn; this one goes on behind <see cref="Turn.After"/>.</summary>
    public void GoOn(Turn turn)
    {
        turns.Enqueue(turns.Dequeue());
        if (turn.Domain is { } domain) domains[domain] = domains[domain] with { After = turn.After };
    }

    /// <summary>Nothing is left behind it, unless somebody came meanwhile.</summary>
    public void Done(Turn turn)
    {
        var (isLeft, domain) = (Named.Count > 0, turn.Domain);
        if (domain is not null) isLeft = domains[domain].Again;
        if (isLeft)
        {
            GoOn(turn);
            return;
        }
        turns.Dequeue();
        if (domain is null) hasNamedTurn = false;
        else domains.Remove(domain);
    }

    private DueDelivery? Begin(string domain)
    {
        var after = domains[domain] is { Again: false } place ? place.After : null;
        domains[domain] = new Place(after, Again: false);
        return after;
    }

    /// <param name="After">See <see cref="Turn.After"/>.</param>
    /// <param name="Again">What stands before that wants to be looked at again.</param>
    private readonly record struct Place(DueDelivery? After, bool Again);
}

using Postoffice.Store.Events;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Transports;

/// <summary>
/// The places one attempt tried in vain: whose word counts if no other does better, and what the others said. The first
/// <see cref="MaxTold"/> of those are told: a domain may name a hundred addresses.
/// </summary>
internal sealed class TriedHops
{
    public const int MaxTold = 20;

    /// <summary>So many that spoke are asked in one attempt: what five do not take, a sixth rarely does, and each may be as slow as it likes.</summary>
    public const int MaxSpoken = 5;

    private int spoken;
    private readonly List<AttemptReport> tried = [];
    private AttemptReport? best;

    /// <summary>The last word if nobody does better: while one place only has trouble for now, what another refuses for good is not it.</summary>
    /// <exception cref="InvalidOperationException">No place was tried.</exception>
    public AttemptReport Best => Before(best ?? throw new InvalidOperationException("no place was tried"));

    /// <summary>What the DNS named for the domain; null while nothing was asked of it.</summary>
    public ValueList<ResolvedHost>? Resolved { get; set; }

    /// <summary>Whether no other place is worth asking in this attempt.</summary>
    public bool IsEnough => spoken >= MaxSpoken;

    /// <param name="report">With a host; of its results the first is told.</param>
    public void Add(AttemptReport report)
    {
        if (report.Phase != "connect") spoken++;
        if (tried.Count <= MaxTold) tried.Add(report); // one of them may be the best, which is told apart
        if (best is null || best.Results.All(result => result.IsFailure)) best = report;
    }

    /// <summary>The report that ends the attempt, with what the others said and the DNS named.</summary>
    public AttemptReport Before(AttemptReport last)
    {
        var others = tried.Where(report => !ReferenceEquals(report, last)).Take(MaxTold).Select(Hop).ToValueList();
        return last with { Tried = others.Count == 0 ? null : others, Resolved = Resolved };
    }

    private static TriedHop Hop(AttemptReport report) => report.Results[0] switch
    {
        RecipientResult.Refused(_, var reply) => new TriedHop(report.Host!, report.Address, report.Phase, reply),
        RecipientResult.PutOff(_, var reason, _, var reply) => new TriedHop(report.Host!, report.Address, report.Phase, reply, reason),
        RecipientResult.Failed(_, _, var reason) => new TriedHop(report.Host!, report.Address, report.Phase, Reason: reason),
        RecipientResult.Unreached(_, var reason) => new TriedHop(report.Host!, report.Address, report.Phase, Reason: reason),
        var other => throw new InvalidOperationException($"{other} ends an attempt"),
    };
}

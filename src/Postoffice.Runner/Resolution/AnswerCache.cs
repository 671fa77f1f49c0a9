using DnsClient;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Resolution;

/// <summary>Answers for as long as their zone allows. Strangers decide which names we ask for and how much is said of each, so there is a bound.</summary>
/// <param name="maxWeight">Answers and records in them, together; past it what has run out is dropped, and if that is too little, all.</param>
internal sealed class AnswerCache(int maxWeight, TimeProvider clock)
{
    private static readonly TimeSpan LongestKept = TimeSpan.FromHours(1);

    private readonly Lock gate = new();
    private readonly Dictionary<(DomainName Name, QueryType Type), (DnsAnswer.Found Answer, DateTimeOffset Until)> kept = [];
    private int weight;

    public DnsAnswer.Found? Find(DomainName name, QueryType type)
    {
        lock (gate) return kept.TryGetValue((name, type), out var entry) && clock.GetUtcNow() < entry.Until ? entry.Answer : null;
    }

    /// <param name="timeToLive">Not kept when there is none, and an hour at most.</param>
    public void Keep(DomainName name, QueryType type, DnsAnswer.Found answer, TimeSpan timeToLive)
    {
        if (timeToLive <= TimeSpan.Zero) return;
        var now = clock.GetUtcNow();
        lock (gate)
        {
            Drop((name, type));
            if (weight + Weight(answer) > maxWeight) MakeRoom(answer, now);
            kept[(name, type)] = (answer, now + (timeToLive < LongestKept ? timeToLive : LongestKept));
            weight += Weight(answer);
        }
    }

    private static int Weight(DnsAnswer.Found answer) => 1 + answer.Records.Count;

    private void MakeRoom(DnsAnswer.Found answer, DateTimeOffset now)
    {
        foreach (var over in kept.Where(entry => entry.Value.Until <= now).Select(entry => entry.Key).ToList()) Drop(over);
        if (weight + Weight(answer) <= maxWeight) return;
        kept.Clear(); // the resolver has them still
        weight = 0;
    }

    private void Drop((DomainName Name, QueryType Type) key)
    {
        if (kept.Remove(key, out var entry)) weight -= Weight(entry.Answer);
    }
}

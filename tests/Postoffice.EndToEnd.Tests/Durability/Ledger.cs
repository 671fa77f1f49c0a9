using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>A message as it was offered: an octet a character, and each of its own.</summary>
internal sealed record Offer(string Token, string To, int Octets, string Digest);

/// <summary>A message as it came to a mailbox or a next hop.</summary>
/// <param name="Id">Its queue id, by the Received field.</param>
/// <param name="IsAsOffered">Its last octets are those that were offered; false also where nobody offered it.</param>
internal sealed record Arrival(string Token, string Id, bool IsAsOffered);

/// <summary>What clients offered, which of it was acknowledged, and what arrived. Whatever happens to the server, the three must agree.</summary>
internal sealed partial class Ledger
{
    private readonly ConcurrentDictionary<string, Offer> offers = new();
    private readonly ConcurrentDictionary<string, string> acknowledged = new(); // queue ids by token
    private readonly ConcurrentBag<Arrival> relayed = [];
    private int refused;

    public int Acknowledged => acknowledged.Count;

    public int Relayed => relayed.Count;

    /// <summary>Messages that were offered and not taken, in so many words.</summary>
    public int Refused => Volatile.Read(ref refused);

    /// <summary>A new message that nobody has offered yet.</summary>
    public (Offer Offer, string Content) Write(Random random, string to)
    {
        var token = Guid.NewGuid().ToString("N");
        var content = new StringBuilder($"Subject: {token}\r\nFrom: <alice@example.net>\r\n\r\n");
        for (var left = random.Next(4) == 0 ? random.Next(200_000) : random.Next(4_000); left > 0; left -= 72)
        {
            content.Append(random.Next(8) == 0 ? "." : "").Append(Convert.ToHexString(RandomOctets(random))).Append("\r\n");
        }
        var whole = content.ToString();
        var offer = new Offer(token, to, whole.Length, DigestOf(whole));
        offers[token] = offer;
        return (offer, whole);
    }

    /// <param name="reply">A 250, with the queue id.</param>
    public void Acknowledge(Offer offer, string reply) => acknowledged[offer.Token] = QueueIds().Match(reply).Value;

    public void Refuse() => Interlocked.Increment(ref refused);

    /// <summary>A next hop took it.</summary>
    public void Relay(string content) => relayed.Add(Read(content));

    /// <summary>
    /// Holds all of it against each other: nothing missing, nothing that nobody offered, nothing changed, and nothing twice unless
    /// <paramref name="mayBeTwice"/> says so of its queue id.
    /// </summary>
    /// <param name="delivered">Contents of the mailboxes.</param>
    public async Task BalanceAsync(IEnumerable<string> delivered, Func<string, Task<bool>> mayBeTwice)
    {
        List<Arrival> arrivals = [.. relayed, .. delivered.Select(Read)];
        Assert.Empty(acknowledged.Keys.Except(arrivals.Select(arrival => arrival.Token)));
        foreach (var arrival in arrivals)
        {
            Assert.True(offers.ContainsKey(arrival.Token), $"nobody offered what came as {arrival.Id}");
            Assert.True(arrival.IsAsOffered, $"{arrival.Id} is not what was offered");
            Assert.Equal(arrival.Id, acknowledged.GetValueOrDefault(arrival.Token, arrival.Id));
        }
        foreach (var again in arrivals.GroupBy(arrival => arrival.Token).Where(group => group.Count() > 1))
        {
            var id = Assert.Single(again.Select(arrival => arrival.Id).Distinct());
            Assert.True(await mayBeTwice(id), $"{id} came {again.Count()} times, and the journal knows no doubt");
        }
    }

    /// <param name="content">With CRLF, dots not doubled.</param>
    private Arrival Read(string content)
    {
        var token = Subjects().Match(content).Groups["token"].Value;
        var isAsOffered = offers.TryGetValue(token, out var offer) && DigestOf(content[^Math.Min(offer.Octets, content.Length)..]) == offer.Digest;
        return new Arrival(token, ReceivedIds().Match(content).Groups["id"].Value, isAsOffered);
    }

    private static string DigestOf(string content) => Convert.ToHexString(SHA256.HashData(Encoding.Latin1.GetBytes(content)));

    private static byte[] RandomOctets(Random random)
    {
        var octets = new byte[35];
        random.NextBytes(octets);
        return octets;
    }

    [GeneratedRegex("[0-9A-Z]{12}")]
    private static partial Regex QueueIds();

    [GeneratedRegex("^Subject: (?<token>[0-9a-f]{32})\r\n", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Subjects();

    [GeneratedRegex("^Received: ([^\r]|\r\n[ \t])*?[ \t]id (?<id>[0-9A-Z]{12})", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex ReceivedIds();
}

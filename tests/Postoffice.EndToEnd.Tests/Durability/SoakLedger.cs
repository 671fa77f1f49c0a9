using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>
/// What is owed for messages that were acknowledged. It forgets all but the token of a message that came, so that it can be kept for hours;
/// nothing is killed while it is, so nothing may come twice.
/// </summary>
internal sealed class SoakLedger
{
    private const int HeaderMost = 4096; // of what we write and services add, and of a bounce as far as it names its recipient
    private readonly ConcurrentDictionary<Guid, Debt> debts = new();
    private readonly ConcurrentDictionary<Guid, bool> settled = new();
    private readonly ConcurrentQueue<string> wrongs = new();
    private long acknowledged, acknowledgedOctets, openOctets, refused, broken, bounced, deferred;

    public long Acknowledged => Interlocked.Read(ref acknowledged);

    public long AcknowledgedOctets => Interlocked.Read(ref acknowledgedOctets);

    /// <summary>Octets of messages that were offered and have not come yet.</summary>
    public long OpenOctets => Interlocked.Read(ref openOctets);

    /// <summary>Messages, likewise.</summary>
    public int Open => debts.Count;

    /// <summary>Messages that were acknowledged and have not come yet; takes a look at each that was offered.</summary>
    public int Owed => debts.Values.Count(debt => debt.IsAcknowledged);

    /// <summary>Messages that were not taken.</summary>
    public long Refused => Interlocked.Read(ref refused);

    /// <summary>Sessions that broke off.</summary>
    public long Broken => Interlocked.Read(ref broken);

    /// <summary>Bounces that came.</summary>
    public long Bounced => Interlocked.Read(ref bounced);

    /// <summary>Recipients that the next hop has put off.</summary>
    public long Deferred => Interlocked.Read(ref deferred);

    /// <summary>What should not have come, or not so.</summary>
    public IReadOnlyCollection<string> Wrongs => wrongs;

    public void Offer(SoakMessage message)
    {
        debts[message.Token] = new Debt(message.Fate, message.Content.Length, SHA256.HashData(message.Content));
        Interlocked.Add(ref openOctets, message.Content.Length);
    }

    public void Acknowledge(SoakMessage message)
    {
        Interlocked.Increment(ref acknowledged);
        Interlocked.Add(ref acknowledgedOctets, message.Content.Length);
        if (debts.TryGetValue(message.Token, out var debt)) debt.IsAcknowledged = true;
    }

    /// <summary>It was not taken, in so many words.</summary>
    public void Refuse(SoakMessage message)
    {
        Interlocked.Increment(ref refused);
        Settle(message.Token, message.Fate, "the client, refused,");
    }

    public void Break() => Interlocked.Increment(ref broken);

    /// <summary>The next hop puts it off when it sees it for the first time.</summary>
    public bool PutsOff(Guid token)
    {
        var isFirst = debts.TryGetValue(token, out var debt) && !debt.WasPutOff;
        if (!isFirst) return false;
        debt!.WasPutOff = true;
        Interlocked.Increment(ref deferred);
        return true;
    }

    /// <summary>A message came to the next hop.</summary>
    /// <param name="content">With CRLF.</param>
    public void Relay(ReadOnlySpan<byte> content) => Arrive(content, "the next hop", fate => fate is Fate.Relayed or Fate.Deferred);

    /// <summary>A message, or a bounce, came to the mailbox.</summary>
    /// <param name="content">With CRLF.</param>
    public void Deliver(ReadOnlySpan<byte> content)
    {
        var head = HeadOf(content);
        if (!head.Contains("\nAuto-Submitted: auto-replied\r", StringComparison.Ordinal)) Arrive(content, "the mailbox", fate => fate is Fate.Kept);
        else if (SoakMessage.Read(head) is not (Fate.Bounced, var token)) wrongs.Enqueue($"a notification that nobody waits for:\n{head}");
        else if (Settle(token, Fate.Bounced, "a bounce") is not null) Interlocked.Increment(ref bounced);
    }

    /// <summary>Fails unless everything acknowledged came once, as it was, and where it should.</summary>
    public void Balance()
    {
        Assert.Empty(wrongs);
        Assert.Equal(0, Owed);
    }

    private void Arrive(ReadOnlySpan<byte> content, string place, Func<Fate, bool> mayBe)
    {
        var head = HeadOf(content);
        var subject = head.IndexOf("\nSubject: ", StringComparison.Ordinal);
        if (subject < 0 || !Guid.TryParseExact(head.AsSpan(subject + "\nSubject: ".Length, 32), "N", out var token))
        {
            wrongs.Enqueue($"at {place}, what nobody offered:\n{head}");
            return;
        }
        if (Settle(token, null, place) is not { } debt) return;
        if (!mayBe(debt.Fate)) wrongs.Enqueue($"{token:N}, {debt.Fate}, came to {place}");
        var octets = content[Math.Max(0, content.Length - debt.Octets)..];
        if (!SHA256.HashData(octets).AsSpan().SequenceEqual(debt.Digest)) wrongs.Enqueue($"{token:N} came to {place} as it was not");
    }

    /// <returns>What was owed; null, and it is wrong, when nothing was or no more.</returns>
    private Debt? Settle(Guid token, Fate? fate, string what)
    {
        if (debts.TryRemove(token, out var debt) && (fate is null || fate == debt.Fate))
        {
            settled[token] = true;
            Interlocked.Add(ref openOctets, -debt.Octets);
            return debt;
        }
        wrongs.Enqueue($"{token:N} came to {what} {(settled.ContainsKey(token) ? "once more" : "unasked")}");
        return null;
    }

    private static string HeadOf(ReadOnlySpan<byte> content) => Encoding.Latin1.GetString(content[..Math.Min(content.Length, HeaderMost)]);

    private sealed class Debt(Fate fate, int octets, byte[] digest)
    {
        public Fate Fate => fate;
        public int Octets => octets;
        public byte[] Digest => digest;
        public volatile bool IsAcknowledged;
        public volatile bool WasPutOff;
    }
}

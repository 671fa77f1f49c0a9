using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Scheduling;

/// <summary>
/// A message we work on, with its fold kept up to date, so that only what is not here is loaded. Several parts of the work may be under way, each
/// for recipients of its own.
/// </summary>
internal sealed class MessageInFlight(QueueId id) : IDisposable
{
    private readonly HashSet<(int Recipient, int Attempts)> claimed = []; // each for its next attempt: once that began, the claim means nothing
    private QueuedMessage? message;
    private int lastAttempt;
    private int open = 1; // the one who admitted it
    private volatile bool hasLeftBehind;

    public QueueId Id { get; } = id;

    /// <summary>As of our last load or append; changed inside <see cref="Gate"/> only.</summary>
    public QueuedMessage? Message => Volatile.Read(ref message);

    /// <summary>One append at a time: each names the version the one before it left.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>A recipient found no place, and waits until it is looked at again.</summary>
    public bool HasLeftBehind => hasLeftBehind;

    public void Put(QueuedMessage loaded)
    {
        Volatile.Write(ref message, loaded);
        for (var seen = Volatile.Read(ref lastAttempt); seen < loaded.Attempts;) // others take numbers meanwhile
        {
            var before = Interlocked.CompareExchange(ref lastAttempt, loaded.Attempts, seen);
            if (before == seen) break;
            seen = before;
        }
    }

    /// <summary>What we have may not be true any more: load it again before the next decision.</summary>
    public void Forget() => Volatile.Write(ref message, null);

    /// <summary>A number no other attempt of the message has or gets.</summary>
    public int NextAttempt() => Interlocked.Increment(ref lastAttempt);

    /// <summary>
    /// Takes the waiting recipients that fit and that no other part of the work has: as of now, and not of an earlier load.
    /// </summary>
    /// <returns>Null when the message must be loaded again.</returns>
    public IReadOnlyList<QueuedRecipient>? Claim(Func<QueuedMessage, QueuedRecipient, bool> fits)
    {
        lock (claimed)
        {
            if (Message is not { } current) return null;
            hasLeftBehind = false;
            List<QueuedRecipient> taken =
            [
                .. current.Recipients.Values.Where(recipient =>
                    recipient.State is RecipientState.Pending && !claimed.Contains(Key(recipient)) && fits(current, recipient)),
            ];
            claimed.UnionWith(taken.Select(Key));
            return taken;
        }
    }

    /// <summary>Gives back what was claimed.</summary>
    public void Release(IEnumerable<QueuedRecipient> recipients)
    {
        lock (claimed) claimed.ExceptWith(recipients.Select(Key));
    }

    /// <summary>These found no place.</summary>
    public void LeaveBehind(IEnumerable<QueuedRecipient> recipients)
    {
        lock (claimed)
        {
            claimed.ExceptWith(recipients.Select(Key));
            hasLeftBehind = true;
        }
    }

    /// <summary>One more part of the work is under way.</summary>
    public void Enter() => Interlocked.Increment(ref open);

    /// <summary>The same for somebody who does not know whether all of it has ended.</summary>
    /// <returns>False when it has.</returns>
    public bool TryEnter()
    {
        for (var seen = Volatile.Read(ref open); seen > 0;)
        {
            var before = Interlocked.CompareExchange(ref open, seen + 1, seen);
            if (before == seen) return true;
            seen = before;
        }
        return false;
    }

    /// <returns>True for the last to leave.</returns>
    public bool Leave() => Interlocked.Decrement(ref open) == 0;

    public void Dispose() => Gate.Dispose();

    private static (int Recipient, int Attempts) Key(QueuedRecipient recipient) => (recipient.Number, recipient.Attempts);
}

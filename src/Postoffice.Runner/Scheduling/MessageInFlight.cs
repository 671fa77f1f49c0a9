using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Scheduling;

/// <summary>A message we work on, with its fold kept up to date, so that only what is not here is loaded.</summary>
internal sealed class MessageInFlight(QueueId id) : IDisposable
{
    private int lastAttempt;
    private int open = 1; // the one who admitted it

    public QueueId Id { get; } = id;

    /// <summary>As of our last load or append; changed inside <see cref="Gate"/> only.</summary>
    public QueuedMessage? Message { get; private set; }

    /// <summary>The next hop an operator had sent it to when the routes of this work were planned; null for none.</summary>
    public NextHop? PlannedTo { get; set; }

    /// <summary>One append at a time: each names the version the one before it left.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    public void Put(QueuedMessage message)
    {
        Message = message;
        lastAttempt = Math.Max(lastAttempt, message.Attempts);
    }

    /// <summary>What we have may not be true any more: load it again before the next decision.</summary>
    public void Forget() => Message = null;

    /// <summary>A number no other attempt of the message has or gets.</summary>
    public int NextAttempt() => Interlocked.Increment(ref lastAttempt);

    /// <summary>One more part of the work is under way.</summary>
    public void Enter() => Interlocked.Increment(ref open);

    /// <returns>True for the last to leave.</returns>
    public bool Leave() => Interlocked.Decrement(ref open) == 0;

    public void Dispose() => Gate.Dispose();
}

using Postoffice.Store.Projections;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Scheduling;

/// <summary>An operator's wish that what waits is tried now. A recipient whose attempt ended after the wish has had it fulfilled.</summary>
internal sealed class RunNow(Func<QueuedMessage, QueuedRecipient, bool> fits, DateTimeOffset at)
{
    private readonly TaskCompletionSource<int> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int recipients;
    private int open = 1; // the look at the queue

    /// <summary>How many recipients were put to work.</summary>
    public Task<int> Done => done.Task;

    /// <summary>Last row looked at.</summary>
    public DueDelivery? Cursor { get; set; }

    public bool Fits(QueuedMessage message, QueuedRecipient recipient) =>
        (recipient.LastEndedAt is not { } ended || ended < at) && fits(message, recipient);

    public void Count(int more) => Interlocked.Add(ref recipients, more);

    /// <summary>One more message is being looked at for it.</summary>
    public void Enter() => Interlocked.Increment(ref open);

    /// <summary>A message has been looked at, or at last the whole queue.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref open) == 0) done.TrySetResult(Volatile.Read(ref recipients));
    }

    public void Cancel() => done.TrySetCanceled();
}

using Postoffice.Store.Mail;
using Postoffice.Store.Projections;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Scheduling;

/// <summary>An operator's wish that what waits is tried now. A recipient whose attempt ended after the wish has had it fulfilled.</summary>
internal sealed class RunNow(Func<QueuedMessage, QueuedRecipient, bool> fits, DateTimeOffset at, IEnumerable<QueueId>? named = null)
{
    private readonly TaskCompletionSource<int> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<Destination, Task> readied = [];
    private int recipients;
    private int open = 1; // the look at the queue
    private int followed = 1; // the same

    /// <summary>
    /// How many recipients that fit were put to work, once the whole queue has been looked at; cancelled when the schedule ends before. Those of a
    /// message that somebody else's work is under way for are not among them: they are looked at when that ends.
    /// </summary>
    public Task<int> Done => done.Task;

    /// <summary>Every attempt begun for it has ended, and so has what was under way when it came; cancelled like <see cref="Done"/>.</summary>
    public Task Ended => ended.Task;

    /// <summary>The messages it names that are not put to work yet; null when it is for whatever fits.</summary>
    public Queue<QueueId>? Named { get; } = named is null ? null : new Queue<QueueId>(named);

    /// <summary>Last row looked at.</summary>
    public DueDelivery? Cursor { get; set; }

    /// <summary>Whether this is the same wish, and nothing has been done about it yet.</summary>
    public bool Covers(Func<QueuedMessage, QueuedRecipient, bool> later) => ReferenceEquals(fits, later) && Cursor is null && Named is null;

    /// <summary>A named message is tried also after an attempt that was under way when it was named: that may have gone by another route.</summary>
    public bool Fits(QueuedMessage message, QueuedRecipient recipient) =>
        Named is not null || ((recipient.LastEndedAt is not { } last || last < at) && fits(message, recipient));

    /// <summary>Whether any recipient of it fits; what is only due is none of the wish's business.</summary>
    public bool IsFor(Part part) => part.Recipients.Any(recipient => Fits(part.Message, recipient));

    /// <summary>Readies a destination for the wish, once; whoever comes meanwhile waits for the same.</summary>
    public Task ReadyAsync(Destination destination, Func<Destination, Task> ready)
    {
        lock (readied)
        {
            if (!readied.TryGetValue(destination, out var task)) readied[destination] = task = ready(destination);
            return task;
        }
    }

    public void Count(int more) => Interlocked.Add(ref recipients, more);

    /// <summary>One more message is being looked at for it.</summary>
    public void Enter() => Interlocked.Increment(ref open);

    /// <summary>A message has been looked at, or at last the whole queue.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref open) == 0) done.TrySetResult(Volatile.Read(ref recipients));
    }

    /// <summary>One more message whose work must end.</summary>
    public void Follow() => Interlocked.Increment(ref followed);

    /// <summary>Work on a message has ended, or at last the look at the queue.</summary>
    public void Unfollow()
    {
        if (Interlocked.Decrement(ref followed) == 0) ended.TrySetResult();
    }

    public void Cancel()
    {
        done.TrySetCanceled();
        ended.TrySetCanceled();
    }
}

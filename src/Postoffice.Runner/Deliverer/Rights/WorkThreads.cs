namespace Postoffice.Runner.Deliverer.Rights;

/// <summary>
/// A fixed set of threads of our own, because thread pool threads are shared with the runtime and must never carry a user's rights.
/// Their number is how many syncs can be under way at once, which is what makes local delivery fast: the file system commits them together.
/// </summary>
internal sealed class WorkThreads : IDisposable
{
    private readonly Handover<Action> jobs = new();
    private readonly Thread[] threads;

    public WorkThreads(int count)
    {
        threads = new Thread[count];
        for (var i = 0; i < count; i++)
        {
            threads[i] = new Thread(Work, maxStackSize: 512 * 1024) { IsBackground = true, Name = $"mailbox {i + 1}" };
            threads[i].Start();
        }
    }

    /// <summary>Runs the job on one of the threads. It must not throw.</summary>
    /// <remarks>After <see cref="Dispose"/> began it is not run any more: what a late timer would do has been done by closing.</remarks>
    public void Post(Action job) => jobs.Add(job);

    /// <summary>Lets what is posted run to its end.</summary>
    public void Dispose()
    {
        jobs.Complete();
        foreach (var thread in threads) thread.Join();
    }

    private void Work()
    {
        while (jobs.TryTake(out var job, out _)) job();
    }
}

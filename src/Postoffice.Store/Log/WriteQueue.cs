namespace Postoffice.Store.Log;

/// <summary>What waits for the writer loop, in order. A request that waits past the deadline is handed out to be told so.</summary>
internal sealed class WriteQueue : IDisposable
{
    private readonly TimeSpan deadline;
    private readonly TimeProvider clock;
    private readonly Action<IReadOnlyList<WriteRequest>> late;
    private readonly ITimer timer;
    private readonly Lock gate = new();
    private readonly Queue<WriteRequest> waiting = new();
    private readonly AutoResetEvent arrived = new(initialState: false);
    private readonly ManualResetEventSlim closed = new();

    /// <param name="late">Told which requests waited for the whole deadline, on a thread of the clock: the writer's own may stand at a lock.</param>
    public WriteQueue(TimeSpan deadline, TimeProvider clock, Action<IReadOnlyList<WriteRequest>> late)
    {
        this.deadline = deadline;
        this.clock = clock;
        this.late = late;
        timer = clock.CreateTimer(_ => Expire(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public bool IsClosed => closed.IsSet;

    /// <returns>False when the queue is closed.</returns>
    public bool TryAdd(WriteRequest request)
    {
        lock (gate)
        {
            if (closed.IsSet) return false;
            waiting.Enqueue(request);
            if (waiting.Count > 1) return true;
            timer.Change(deadline, Timeout.InfiniteTimeSpan);
        }
        arrived.Set();
        return true;
    }

    /// <summary>Waits until there is a request; false when the queue is closed and empty.</summary>
    public bool WaitForRequest()
    {
        while (true)
        {
            lock (gate)
            {
                if (waiting.Count > 0) return true;
                if (closed.IsSet) return false;
            }
            arrived.WaitOne();
        }
    }

    /// <summary>Waits for some time, or less when the queue is closed.</summary>
    public void WaitForClose(TimeSpan time) => closed.Wait(time);

    /// <summary>The next requests, each begun: nobody else decides about them now.</summary>
    public List<WriteRequest> Take(int most)
    {
        var batch = new List<WriteRequest>();
        lock (gate)
        {
            while (batch.Count < most && waiting.TryDequeue(out var request))
            {
                if (request.TryStart()) batch.Add(request);
            }
        }
        return batch;
    }

    public void FailAll(StoreUnavailableException failure)
    {
        foreach (var request in Take(int.MaxValue)) request.Fail(failure);
    }

    /// <summary>Takes no more requests; those that wait are still handed out.</summary>
    public void Close()
    {
        lock (gate) closed.Set();
        arrived.Set();
    }

    public void Dispose()
    {
        timer.Dispose();
        arrived.Dispose();
        closed.Dispose();
    }

    private void Expire()
    {
        List<WriteRequest> expired = [];
        lock (gate)
        {
            while (waiting.TryPeek(out var oldest) && clock.GetElapsedTime(oldest.EnqueuedAt) >= deadline)
            {
                _ = waiting.Dequeue();
                if (oldest.TryStart()) expired.Add(oldest);
            }
            if (waiting.TryPeek(out var next))
            {
                var left = deadline - clock.GetElapsedTime(next.EnqueuedAt);
                timer.Change(left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
            }
        }
        if (expired.Count > 0) late(expired);
    }
}

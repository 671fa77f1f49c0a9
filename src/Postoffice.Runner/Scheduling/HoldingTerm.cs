namespace Postoffice.Runner.Scheduling;

/// <summary>The time during which the lease is ours, and how it ends: step by step, or at once when the lease is lost.</summary>
internal sealed class HoldingTerm : IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource aborted = new();
    private readonly CancellationTokenSource abandoned = new();
    private readonly TaskCompletionSource lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>No attempt begins any more.</summary>
    public CancellationToken Stopping => stopping.Token;

    /// <summary>Attempts under way end as soon as they can tell delivered from not delivered.</summary>
    public CancellationToken Aborted => aborted.Token;

    /// <summary>Outcomes are not written any more; the next holder finds them out.</summary>
    public CancellationToken Abandoned => abandoned.Token;

    /// <summary>Completes when somebody else holds the lease.</summary>
    public Task Lost => lost.Task;

    public void Stop() => stopping.Cancel();

    public void Abort()
    {
        stopping.Cancel();
        aborted.Cancel();
    }

    public void Abandon()
    {
        Abort();
        abandoned.Cancel();
    }

    /// <summary>The lease is somebody else's: everything ends.</summary>
    public void Lose()
    {
        lost.TrySetResult();
        Abandon();
    }

    public void Dispose()
    {
        stopping.Dispose();
        aborted.Dispose();
        abandoned.Dispose();
    }
}

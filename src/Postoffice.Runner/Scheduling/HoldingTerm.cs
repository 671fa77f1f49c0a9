namespace Postoffice.Runner.Scheduling;

/// <summary>
/// The time during which the lease is ours, and how it ends: step by step, or at once when the lease is lost. Work that hangs outlives it and
/// still asks it: then it is not disposed.
/// </summary>
internal sealed class HoldingTerm : IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource aborted = new();
    private readonly CancellationTokenSource abandoned = new();
    private readonly TaskCompletionSource<TermEnd> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>No attempt begins any more.</summary>
    public CancellationToken Stopping => stopping.Token;

    /// <summary>Attempts under way end as soon as they can tell delivered from not delivered.</summary>
    public CancellationToken Aborted => aborted.Token;

    /// <summary>Outcomes are not written any more; the next holder finds them out.</summary>
    public CancellationToken Abandoned => abandoned.Token;

    /// <summary>Completes with the first reason to end.</summary>
    public Task<TermEnd> Ended => ended.Task;

    /// <summary>Gives a reason to end; what is to happen then is for whoever awaits <see cref="Ended"/>.</summary>
    public void End(TermEnd why) => ended.TrySetResult(why);

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
        End(TermEnd.LeaseLost);
        Abandon();
    }

    public void Dispose()
    {
        stopping.Dispose();
        aborted.Dispose();
        abandoned.Dispose();
    }
}

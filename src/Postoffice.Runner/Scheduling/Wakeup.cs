namespace Postoffice.Runner.Scheduling;

/// <summary>Ends a wait from elsewhere; rings while nobody waits are kept as one.</summary>
internal sealed class Wakeup
{
    private volatile TaskCompletionSource rung = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Ring() => rung.TrySetResult();

    /// <summary>Waits for a ring or until the time is over.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> ended the wait.</exception>
    public async Task WaitAsync(TimeSpan longest, TimeProvider clock, CancellationToken ct)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await Task.WhenAny(rung.Task, Task.Delay(longest, clock, over.Token));
        await over.CancelAsync();
        ct.ThrowIfCancellationRequested();
        if (rung.Task.IsCompleted) rung = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

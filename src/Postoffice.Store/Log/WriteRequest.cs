using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Log;

/// <summary>Work that waits for the writer loop. It is started once, or withdrawn, or told that its time ran out: whoever is first decides.</summary>
internal abstract class WriteRequest(long enqueuedAt)
{
    private int started;

    /// <summary>A timestamp of the clock.</summary>
    public long EnqueuedAt { get; } = enqueuedAt;

    /// <returns>False when somebody else decided what becomes of it.</returns>
    public bool TryStart() => Interlocked.Exchange(ref started, 1) == 0;

    public abstract void Execute(StoreTransaction transaction);
    public abstract void Complete();
    public abstract void Fail(Exception failure);
}

internal sealed class WriteRequest<T>(Func<StoreTransaction, T> work, long enqueuedAt) : WriteRequest(enqueuedAt)
{
    private readonly TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? result;

    public Task<T> Task => completion.Task;

    public override void Execute(StoreTransaction transaction) => result = work(transaction);
    public override void Complete() => completion.TrySetResult(result!);
    public override void Fail(Exception failure) => completion.TrySetException(failure);

    /// <summary>Cancelling takes the request back as long as it waits; once it runs, its outcome is told.</summary>
    public async Task<T> WithdrawnBy(CancellationToken ct)
    {
        await using var registration = ct.UnsafeRegister(static (state, token) =>
        {
            var request = (WriteRequest<T>)state!;
            if (request.TryStart()) request.completion.SetCanceled(token);
        }, this);
        return await completion.Task;
    }
}

namespace Postoffice.Runner.Deliverer.Protocol;

/// <summary>One call of the runner that the deliverer has not answered yet.</summary>
internal sealed class PendingCall : IDisposable
{
    private readonly TaskCompletionSource<Answer?> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim moreCredit = new(0);
    private long credit = Frame.Window;

    /// <summary>The frame that answers; null when the deliverer ended first.</summary>
    public Task<Answer?> Answer => answer.Task;

    public void Complete(Answer? frame)
    {
        answer.TrySetResult(frame);
        moreCredit.Release(); // whoever waits to send content sees that nobody wants it any more
    }

    public void AddCredit(long octets)
    {
        Interlocked.Add(ref credit, octets);
        moreCredit.Release();
    }

    /// <summary>Waits until <paramref name="octets"/> of content may be sent; false when the call has been answered meanwhile.</summary>
    public async ValueTask<bool> SpendAsync(int octets, CancellationToken ct)
    {
        while (!Answer.IsCompleted)
        {
            if (Interlocked.Read(ref credit) >= octets)
            {
                Interlocked.Add(ref credit, -octets);
                return true;
            }
            await moreCredit.WaitAsync(ct);
        }
        return false;
    }

    public void Dispose() => moreCredit.Dispose();
}

/// <summary>A frame that ends a call.</summary>
internal sealed record Answer(FrameKind Kind, byte[] Payload);

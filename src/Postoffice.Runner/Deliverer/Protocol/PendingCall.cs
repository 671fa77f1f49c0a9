namespace Postoffice.Runner.Deliverer.Protocol;

/// <summary>One call of the runner that the deliverer has not answered yet.</summary>
internal sealed class PendingCall
{
    private readonly Lock gate = new();
    private readonly TaskCompletionSource<Answer?> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? change; // completed when there is more credit or an answer
    private long credit = Frame.Window;

    /// <summary>The frame that answers; null when the deliverer ended first.</summary>
    public Task<Answer?> Answer => answer.Task;

    public void Complete(Answer? frame)
    {
        answer.TrySetResult(frame);
        AddCredit(0); // whoever waits to send content sees that nobody wants it any more
    }

    public void AddCredit(long octets)
    {
        lock (gate)
        {
            credit += octets;
            change?.TrySetResult();
            change = null;
        }
    }

    /// <summary>Waits until <paramref name="octets"/> of content may be sent; false when the call has been answered meanwhile.</summary>
    public async ValueTask<bool> SpendAsync(int octets, CancellationToken ct)
    {
        while (true)
        {
            Task changed;
            lock (gate)
            {
                if (Answer.IsCompleted) return false;
                if (credit >= octets)
                {
                    credit -= octets;
                    return true;
                }
                changed = (change ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
            await changed.WaitAsync(ct);
        }
    }
}

/// <summary>A frame that ends a call.</summary>
internal sealed record Answer(FrameKind Kind, byte[] Payload);

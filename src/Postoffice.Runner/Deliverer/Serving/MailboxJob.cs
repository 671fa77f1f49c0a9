using System.Collections.Concurrent;
using Postoffice.Runner.Deliverer.Mailboxes;
using Postoffice.Runner.Deliverer.Protocol;

namespace Postoffice.Runner.Deliverer.Serving;

/// <summary>
/// One call of the runner: takes its signals one at a time, each on any of the work threads. Between two signals it holds no thread, so
/// neither a slow runner nor a locked mailbox keeps the others waiting.
/// </summary>
internal abstract class MailboxJob(uint number, DelivererContext context) : IDisposable
{
    private readonly ConcurrentQueue<Signal> signals = new();
    private int waiting; // signals not yet done with; whoever makes it 1 posts the job
    private int unacknowledged; // content octets posted and not yet acknowledged
    private int done; // of these, octets that the job is done with
    private Action? run; // one for life: posting a frame of content makes no garbage
    private ITimer? timer;

    public uint Number => number;

    protected DelivererContext Context => context;

    /// <summary>The call got its last answer: what comes later is ignored.</summary>
    protected bool IsEnded { get; private set; }

    public void Post(Signal signal)
    {
        signals.Enqueue(signal);
        if (Interlocked.Increment(ref waiting) == 1) context.Threads.Post(run ??= Run);
    }

    /// <param name="buffer">Rented; the job gives it back.</param>
    /// <exception cref="InvalidDataException">More than the window allows.</exception>
    public void PostContent(byte[] buffer, int length)
    {
        if (Interlocked.Add(ref unacknowledged, length) > Frame.Window) throw new InvalidDataException("content beyond the window");
        Post(new Signal.Content(buffer, length));
    }

    public void Wake() => Post(new Signal.Wake());

    /// <summary>Runs on a work thread with the deliverer's own rights.</summary>
    protected abstract void Take(Signal signal);

    /// <summary>Wakes the job after <paramref name="wait"/>; an earlier alarm is forgotten.</summary>
    protected void WakeAfter(TimeSpan wait)
    {
        timer?.Dispose();
        timer = context.Clock.CreateTimer(static job => ((MailboxJob)job!).Wake(), this, wait, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Lets the runner send as much again: told in half windows, so that a big message makes few answers, and never stalls.</summary>
    protected void Acknowledge(int octets)
    {
        done += octets;
        if (done < Frame.Window / 2) return;
        Interlocked.Add(ref unacknowledged, -done);
        context.Send(new FieldWriter().Number(done).Finish(FrameKind.Credit, number));
        done = 0;
    }

    /// <summary>Sends the last answer and forgets the call.</summary>
    protected void End(FrameKind kind, FieldWriter? fields = null)
    {
        Dispose();
        context.Forget(number);
        context.Send((fields ?? new FieldWriter()).Finish(kind, number));
    }

    protected void End(DeliveryOutcome outcome)
    {
        var (kind, fields) = outcome switch
        {
            DeliveryOutcome.Delivered => (FrameKind.Delivered, null),
            DeliveryOutcome.NotDelivered => (FrameKind.NotDelivered, null),
            DeliveryOutcome.Failed failed => (FrameKind.Failed, Messages.Write(failed.Failure)),
            DeliveryOutcome.InDoubt doubt => (FrameKind.InDoubt, Messages.WriteReason(doubt.Reason)),
            _ => throw new InvalidOperationException($"no answer for {outcome}"),
        };
        End(kind, fields);
    }

    /// <summary>Lets go of everything; the mailbox stays as it is.</summary>
    public void Dispose()
    {
        if (IsEnded) return;
        IsEnded = true;
        timer?.Dispose();
        Release();
    }

    protected abstract void Release();

    private void Run()
    {
        // Several signals in one go save hand-overs; the count says when to stop, so that none is missed and none run twice at once.
        do
        {
            if (!signals.TryDequeue(out var signal)) continue;
            try
            {
                if (signal is Signal.Close) Dispose();
                else if (!IsEnded) Take(signal);
            }
            catch (Exception surprise)
            {
                EndInSurprise(surprise);
            }
            finally
            {
                if (signal is Signal.Content content) content.Return();
            }
        }
        while (Interlocked.Decrement(ref waiting) > 0);
    }

    /// <summary>One bad message never stops the rest: the call fails for now, and the log says why.</summary>
    private void EndInSurprise(Exception surprise)
    {
        context.Log($"call {number} failed: {surprise}");
        if (!IsEnded) End(FrameKind.Failed, Messages.Write(Trouble.Mailbox($"Local error: {surprise.Message}")));
    }
}

using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Dialogue;

/// <summary>What waiting for octets came to.</summary>
internal enum WireRead
{
    /// <summary>Something is in <see cref="SessionWire.Buffer"/> that was not looked at yet.</summary>
    Octets,

    /// <summary>The client is gone, or closed its side.</summary>
    Ended,

    /// <summary>The patience given ran out.</summary>
    TimedOut,

    /// <summary>The service stops, and nothing is under way.</summary>
    Stopping,
}

/// <summary>
/// Octets in and replies out. Replies collect until the session would wait for the client, so that a pipelined batch is answered by one
/// write (RFC 2920 §3.2). Every wait ends at a deadline.
/// </summary>
internal sealed class SessionWire : IDisposable
{
    private const int Heavy = 16 * 1024;
    private const int ReadsInARow = 32; // of 4 KiB at most each, so some 60 ms when they are full of commands
    private readonly Func<ValueTask> leaveSocketThread;
    private readonly TimeProvider clock;
    private readonly ITimer alarm;
    private IDuplexPipe pipe;
    private Deadline deadline;
    private bool inputEnded, completed;
    private long unflushed;
    private int reads;
    private volatile bool expired, stopping, flushing;

    public SessionWire(IDuplexPipe pipe, Func<ValueTask> leaveSocketThread, TimeProvider clock)
    {
        this.pipe = pipe;
        this.leaveSocketThread = leaveSocketThread;
        this.clock = clock;
        alarm = clock.CreateTimer(static wire => ((SessionWire)wire!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What was received and not consumed yet; valid until <see cref="Advance"/>.</summary>
    public ReadOnlySequence<byte> Buffer { get; private set; }

    /// <summary>The service stops: no further transaction begins.</summary>
    public bool IsStopping => stopping;

    /// <summary>The client is gone or does not read: nothing more is sent, since half of what he was told may be lost.</summary>
    public bool IsDeaf { get; private set; }

    public IDuplexPipe Pipe => pipe;

    /// <summary>From now on everything goes through <paramref name="secured"/>; the pipe before is never read again.</summary>
    public void Replace(IDuplexPipe secured)
    {
        pipe = secured;
        inputEnded = completed = false;
    }

    /// <summary>Waits end when this time from now has passed, or at <paramref name="atLatest"/>.</summary>
    public void Allow(TimeSpan patience, Deadline? atLatest) => deadline = Deadline.In(patience, clock).OrSooner(atLatest);

    /// <summary>Whether octets are there that were not looked at, without waiting.</summary>
    public bool TryRead()
    {
        if (completed || !pipe.Input.TryRead(out var result)) return false;
        return Take(result) && !completed;
    }

    /// <summary>Sends what was written and waits for more octets.</summary>
    /// <param name="untilStop">Whether a stop of the service ends the wait.</param>
    public async ValueTask<WireRead> ReadAsync(bool untilStop)
    {
        if (!await FlushAsync()) return expired ? WireRead.TimedOut : WireRead.Ended;
        try
        {
            while (true)
            {
                if (stopping && untilStop) return WireRead.Stopping;
                if (completed) return WireRead.Ended;
                var left = Left();
                if (left <= TimeSpan.Zero) return WireRead.TimedOut;
                expired = false;
                alarm.Change(left, Timeout.InfiniteTimeSpan);
                var result = await pipe.Input.ReadAsync();
                if (!Take(result)) continue;
                if (++reads % ReadsInARow == 0) await leaveSocketThread(); // somebody else's turn
                return completed ? WireRead.Ended : WireRead.Octets;
            }
        }
        catch (Exception gone) when (IsGone(gone))
        {
            completed = true;
            return WireRead.Ended;
        }
        finally
        {
            alarm.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Drops what was consumed; what was examined is not shown again until more is there.</summary>
    public void Advance(SequencePosition consumed, SequencePosition examined)
    {
        completed |= inputEnded && examined.Equals(Buffer.End); // an unfinished line never ends now
        pipe.Input.AdvanceTo(consumed, examined);
        Buffer = default;
    }

    /// <summary>So many octets of replies have collected that they should be sent although more commands are there.</summary>
    public bool IsHeavy => unflushed >= Heavy;

    public void Write(Reply reply) => unflushed += ReplyWriter.Write(reply, pipe.Output);

    /// <summary>Sends what was written.</summary>
    /// <returns>False when the client is gone or does not read.</returns>
    public async ValueTask<bool> FlushAsync()
    {
        if (unflushed == 0 || IsDeaf) return !IsDeaf;
        unflushed = 0;
        try
        {
            expired = false;
            flushing = true;
            var flush = pipe.Output.FlushAsync();
            if (!flush.IsCompleted) alarm.Change(TimeSpan.FromTicks(Math.Max(Left().Ticks, TimeSpan.TicksPerSecond)), Timeout.InfiniteTimeSpan);
            var result = await flush;
            IsDeaf = result.IsCompleted || result.IsCanceled;
        }
        catch (Exception gone) when (IsGone(gone))
        {
            IsDeaf = true;
        }
        finally
        {
            alarm.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            flushing = false;
        }
        return !IsDeaf;
    }

    /// <summary>From any thread: a session that waits for a command ends with 421; one that takes content ends behind it.</summary>
    public void Stop()
    {
        stopping = true;
        pipe.Input.CancelPendingRead();
    }

    public void Dispose() => alarm.Dispose();

    private TimeSpan Left() => deadline.Left(clock);

    private void Expire()
    {
        expired = true;
        if (flushing) pipe.Output.CancelPendingFlush();
        else pipe.Input.CancelPendingRead(); // and not the flush: a cancellation nobody waits for would fall on the 421 that follows
    }

    private bool Take(ReadResult result)
    {
        if (result.IsCanceled)
        {
            pipe.Input.AdvanceTo(result.Buffer.Start);
            return false;
        }
        inputEnded = result.IsCompleted;
        completed = inputEnded && result.Buffer.IsEmpty;
        Buffer = result.Buffer;
        if (completed) Advance(Buffer.End, Buffer.End); // nobody looks at nothing, and what comes after us on this pipe may read it
        return true;
    }

    private static bool IsGone(Exception exception) => exception is IOException or ConnectionAbortedException or OperationCanceledException;
}

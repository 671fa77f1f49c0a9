using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;

namespace Postoffice.Runner.Deliverer.Protocol;

/// <summary>The runner's end of the two pipes: frames out in whole, answers in to whoever waits for them.</summary>
internal sealed class FrameLink(Stream input, Stream output) : IDisposable
{
    private readonly ConcurrentDictionary<uint, PendingCall> calls = new();
    private readonly SemaphoreSlim writing = new(1);
    private readonly TaskCompletionSource<bool> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PipeWriter writer = PipeWriter.Create(output, new StreamPipeWriterOptions(minimumBufferSize: Frame.MaxContent, leaveOpen: true));
    private readonly BufferedStream answers = new(input, Frame.MaxContent);
    private volatile bool ended;
    private uint lastCall;

    /// <summary>True when the deliverer said that it is ready; false when it ended first.</summary>
    public Task<bool> Ready => ready.Task;

    public uint NextCall() => Interlocked.Increment(ref lastCall);

    /// <summary>From now on the answer to this number is waited for.</summary>
    public PendingCall Open(uint number)
    {
        var call = new PendingCall();
        calls[number] = call;
        if (ended) call.Complete(null);
        return call;
    }

    public void Close(uint number) => calls.TryRemove(number, out _);

    /// <param name="frame">Whole.</param>
    /// <param name="goesOn">More of this call follows at once, so it may wait for that.</param>
    /// <returns>False when the deliverer takes nothing any more.</returns>
    public ValueTask<bool> SendAsync(byte[] frame, bool goesOn = false) => WriteAsync(to => to.Write(frame), goesOn);

    /// <summary>A frame of content, from wherever its octets lie.</summary>
    /// <inheritdoc cref="SendAsync(byte[], bool)"/>
    public ValueTask<bool> SendContentAsync(uint number, ReadOnlySequence<byte> payload) => WriteAsync(
        to =>
        {
            Frame.WriteHeader(to.GetSpan(Frame.HeaderLength), FrameKind.Content, number, (int)payload.Length);
            to.Advance(Frame.HeaderLength);
            foreach (var piece in payload) to.Write(piece.Span);
        },
        goesOn: true);

    /// <summary>Writing is never cut short: half a frame would end the dialogue.</summary>
    private async ValueTask<bool> WriteAsync(Action<PipeWriter> write, bool goesOn)
    {
        await writing.WaitAsync();
        try
        {
            write(writer);
            if (!goesOn || writer.UnflushedBytes >= Frame.MaxContent) await writer.FlushAsync();
            return true;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return false; // the reading side notices the end and answers every call
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>Hands out answers until the deliverer's output ends or makes no sense, then tells every call that is open.</summary>
    public async Task ReadToEndAsync()
    {
        try
        {
            var octets = new byte[Frame.HeaderLength];
            while (await answers.ReadAtLeastAsync(octets, octets.Length, throwOnEndOfStream: false) == octets.Length)
            {
                var (kind, number, length) = Frame.ReadHeader(octets);
                var payload = new byte[length];
                await answers.ReadExactlyAsync(payload);
                Take(kind, number, payload);
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or EndOfStreamException)
        {
            // The same as an end: the calls get no answer, and the owner of this link ends the child.
        }
        ended = true;
        ready.TrySetResult(false);
        foreach (var call in calls.Values) call.Complete(null);
    }

    public void CloseWriting() => output.Dispose();

    public void Dispose()
    {
        answers.Dispose();
        output.Dispose(); // but not the semaphore: a write that this ends releases it
    }

    private void Take(FrameKind kind, uint number, byte[] payload)
    {
        if (kind == FrameKind.Ready) ready.TrySetResult(true);
        if (!calls.TryGetValue(number, out var call)) return; // an answer that crossed the call's end
        if (kind == FrameKind.Credit) call.AddCredit(Messages.ReadNumber(payload, Frame.Window));
        else call.Complete(new Answer(kind, payload));
    }
}

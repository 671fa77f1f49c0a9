using System.Buffers;
using Postoffice.Runner.Deliverer.Protocol;
using Postoffice.Runner.Deliverer.Rights;

namespace Postoffice.Runner.Deliverer.Serving;

/// <summary>
/// The deliverer's end of the two pipes: reads frames until the runner closes its side, gives each to its job, writes answers. The
/// reader never waits for a job, so no call can hold up another.
/// </summary>
internal sealed class DelivererServer(DelivererOptions options, TimeProvider clock, Action<string> log)
{
    /// <summary>Serves until the input ends.</summary>
    /// <returns>False: the runner violated the protocol; the log says how.</returns>
    public bool Serve(Stream input, Stream output)
    {
        var threads = new WorkThreads(options.Threads);
        var context = new DelivererContext(options, clock, new RightsSwitch(UserRights.OfProcess()), threads, log);
        var writer = new Thread(() => WriteAnswers(context, output)) { IsBackground = true, Name = "answers" };
        writer.Start();
        context.Send(new FieldWriter().Finish(FrameKind.Ready, 0));
        var isClean = true;
        try
        {
            ReadFrames(new BufferedStream(input, Frame.MaxPayload), context);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            log($"the runner violated the protocol: {e.Message}");
            isClean = false;
        }
        foreach (var job in context.Jobs) job.Post(new Signal.Close());
        threads.Dispose();
        context.Answers.Complete();
        writer.Join();
        return isClean;
    }

    private static void ReadFrames(Stream input, DelivererContext context)
    {
        var header = new byte[Frame.HeaderLength];
        while (true)
        {
            var read = input.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
            if (read == 0) return;
            if (read < header.Length) throw new EndOfStreamException("a frame ends in its header");
            var (kind, number, length) = Frame.ReadHeader(header);
            var payload = ArrayPool<byte>.Shared.Rent(length);
            var isKept = false;
            try
            {
                input.ReadExactly(payload, 0, length);
                isKept = Take(context, kind, number, payload, length);
            }
            finally
            {
                if (!isKept) ArrayPool<byte>.Shared.Return(payload);
            }
        }
    }

    /// <returns>Whether the payload now belongs to a job.</returns>
    private static bool Take(DelivererContext context, FrameKind kind, uint number, byte[] buffer, int length)
    {
        var payload = buffer.AsSpan(0, length);
        switch (kind)
        {
            case FrameKind.Prepare:
                Begin(context, new DeliveryJob(number, context, Messages.ReadRequest(payload)));
                return false;
            case FrameKind.Recover:
                Begin(context, new RecoverJob(number, context, Messages.ReadRecover(payload)));
                return false;
            case FrameKind.Sweep:
                Begin(context, new SweepJob(number, context, Messages.ReadSweep(payload)));
                return false;
            case FrameKind.ReadCredentials:
                Begin(context, new CredentialsJob(number, context));
                return false;
            case FrameKind.Content:
                if (context.Find(number) is not { } job) return false; // crossed the answer that ended the call
                job.PostContent(buffer, length);
                return true;
            case FrameKind.ContentEnd:
                context.Find(number)?.Post(new Signal.ContentEnd());
                return false;
            case FrameKind.Commit:
                (context.Find(number) ?? throw new InvalidDataException("commit of a delivery that is not prepared")).Post(new Signal.Commit());
                return false;
            case FrameKind.Abort:
                context.Find(number)?.Post(new Signal.Abort());
                return false;
            case FrameKind.Release:
                context.Find(number)?.Post(new Signal.Release());
                return false;
            default:
                throw new InvalidDataException($"a frame of kind {kind}");
        }
    }

    private static void Begin(DelivererContext context, MailboxJob job)
    {
        context.Add(job);
        job.Post(new Signal.Begin());
    }

    private static void WriteAnswers(DelivererContext context, Stream output)
    {
        var buffered = new BufferedStream(output);
        try
        {
            while (context.Answers.TryTake(out var frame, out var isLast))
            {
                buffered.Write(frame);
                if (isLast) buffered.Flush();
            }
        }
        catch (IOException)
        {
            // The runner is gone; its end of our input tells the reader so too.
        }
    }
}

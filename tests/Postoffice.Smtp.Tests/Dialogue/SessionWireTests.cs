using System.IO.Pipelines;
using Postoffice.Smtp.Dialogue;
using Postoffice.Smtp.Listening;

namespace Postoffice.Smtp.Tests.Dialogue;

public sealed class SessionWireTests
{
    [Fact]
    public async Task A_look_that_finds_the_end_leaves_the_pipe_to_whoever_reads_it_next()
    {
        var pipe = new Pipe();
        using var wire = new SessionWire(new Ends(pipe), SocketThreads.LeaveAsync, TimeProvider.System);
        wire.Allow(TimeSpan.FromSeconds(20), atLatest: null);
        await pipe.Writer.WriteAsync("STARTTLS"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal(WireRead.Octets, await wire.ReadAsync(untilStop: true));
        wire.Advance(wire.Buffer.End, wire.Buffer.End);

        await pipe.Writer.CompleteAsync();

        Assert.False(wire.TryRead());
        Assert.True((await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken)).IsCompleted);
    }

    [Fact]
    public async Task Who_sends_without_a_pause_does_not_keep_the_thread_that_receives()
    {
        const int Pieces = 1_000;
        using var run = new SessionRun(new Pipe(new PipeOptions(readerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0)));

        // What the transport does while octets are there: each flush runs the session as far as it gets.
        for (var piece = 0; piece < Pieces; piece++) await run.FeedAsync("NOOP\r\n"u8.ToArray());
        await run.EndAsync();

        Assert.InRange(run.LongestOnFeeder, 1, 100);
        Assert.Equal(Pieces * "NOOP\r\n".Length, run.Octets);
    }

    /// <summary>Reads as a session does, and counts how many reads came in a row on the thread that was feeding.</summary>
    private sealed class SessionRun : IDisposable
    {
        private readonly Pipe pipe;
        private readonly SessionWire wire;
        private readonly Task reading;
        private int feeder, row;

        public SessionRun(Pipe pipe)
        {
            this.pipe = pipe;
            wire = new SessionWire(new Ends(pipe), SocketThreads.LeaveAsync, TimeProvider.System);
            wire.Allow(TimeSpan.FromSeconds(60), atLatest: null);
            reading = ReadAsync();
        }

        public int LongestOnFeeder { get; private set; }
        public long Octets { get; private set; }

        public async Task FeedAsync(byte[] octets)
        {
            Volatile.Write(ref feeder, Environment.CurrentManagedThreadId);
            var flushed = pipe.Writer.WriteAsync(octets, TestContext.Current.CancellationToken);
            Volatile.Write(ref feeder, 0);
            await flushed;
        }

        public async Task EndAsync()
        {
            await pipe.Writer.CompleteAsync();
            await reading;
        }

        public void Dispose() => wire.Dispose();

        private async Task ReadAsync()
        {
            while (await wire.ReadAsync(untilStop: true) == WireRead.Octets)
            {
                Octets += wire.Buffer.Length;
                wire.Advance(wire.Buffer.End, wire.Buffer.End);
                row = Volatile.Read(ref feeder) == Environment.CurrentManagedThreadId ? row + 1 : 0;
                LongestOnFeeder = Math.Max(LongestOnFeeder, row);
            }
        }
    }

    private sealed record Ends(Pipe Pipe) : IDuplexPipe
    {
        public PipeReader Input => Pipe.Reader;
        public PipeWriter Output => Pipe.Writer;
    }
}

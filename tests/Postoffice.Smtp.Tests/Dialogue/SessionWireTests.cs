using System.IO.Pipelines;
using Postoffice.Smtp.Dialogue;

namespace Postoffice.Smtp.Tests.Dialogue;

public sealed class SessionWireTests
{
    [Fact]
    public async Task A_look_that_finds_the_end_leaves_the_pipe_to_whoever_reads_it_next()
    {
        var pipe = new Pipe();
        using var wire = new SessionWire(new Ends(pipe), TimeProvider.System);
        wire.Allow(TimeSpan.FromSeconds(20), atLatest: null);
        await pipe.Writer.WriteAsync("STARTTLS"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal(WireRead.Octets, await wire.ReadAsync(untilStop: true));
        wire.Advance(wire.Buffer.End, wire.Buffer.End);

        await pipe.Writer.CompleteAsync();

        Assert.False(wire.TryRead());
        Assert.True((await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken)).IsCompleted);
    }

    private sealed record Ends(Pipe Pipe) : IDuplexPipe
    {
        public PipeReader Input => Pipe.Reader;
        public PipeWriter Output => Pipe.Writer;
    }
}

using System.IO.Pipelines;
using System.Text;

namespace Postoffice.Runner.Tests.Peers;

/// <summary>A connection whose peer answers each write as the test says, and keeps what was written, write by write.</summary>
/// <param name="answer">Gets one write, gives the octets that come back.</param>
internal sealed class AnsweringStream(Func<string, string> answer) : PeerStream
{
    // An answer is heard at once: before the write that it answers is over.
    private readonly Pipe answers = new(new PipeOptions(readerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));

    public List<string> Writes { get; } = [];

    /// <summary>Something the peer says without being asked: the greeting.</summary>
    public async Task SayAsync(string words) => await answers.Writer.WriteAsync(Encoding.Latin1.GetBytes(words));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        answers.Reader.AsStream(leaveOpen: true).ReadAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty) return;
        var written = Encoding.Latin1.GetString(buffer.Span);
        Writes.Add(written);
        await SayAsync(answer(written));
    }
}

using System.Threading.Channels;
using Postoffice.Store.Events;
using Postoffice.Store.Log;

namespace Postoffice.Runner.Tests;

/// <summary>A journal that tells the test of each append, so that no test has to guess how long to wait.</summary>
internal sealed class WatchedLog(IEventLog journal) : IEventLog
{
    private readonly Channel<(StreamId Stream, QueueEvent Fact)> appended = Channel.CreateUnbounded<(StreamId, QueueEvent)>();

    /// <summary>Waits for the next fact of this kind, passing by the others.</summary>
    public async Task<T> NextAsync<T>() where T : QueueEvent => (await NextWithStreamAsync<T>()).Fact;

    public async Task<(StreamId Stream, T Fact)> NextWithStreamAsync<T>() where T : QueueEvent
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var (stream, fact) = await appended.Reader.ReadAsync(limit.Token);
            if (fact is T wanted) return (stream, wanted);
        }
    }

    public async ValueTask<AppendResult> AppendAsync(Append append, CancellationToken ct)
    {
        var result = await journal.AppendAsync(append, ct);
        if (result is AppendResult.Appended)
        {
            foreach (var stream in append.Streams)
            {
                foreach (var fact in stream.Facts) appended.Writer.TryWrite((stream.Stream, fact));
            }
        }
        return result;
    }

    public ValueTask<IReadOnlyList<RecordedEvent>> ReadAsync(StreamId stream, int after, CancellationToken ct) => journal.ReadAsync(stream, after, ct);

    public ValueTask<IReadOnlyList<RecordedEvent>> ReadAllAsync(long after, int limit, CancellationToken ct) => journal.ReadAllAsync(after, limit, ct);

    public ValueTask<long> LastPositionAsync(CancellationToken ct) => journal.LastPositionAsync(ct);
}

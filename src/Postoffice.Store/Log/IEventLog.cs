using Postoffice.Store.Events;

namespace Postoffice.Store.Log;

/// <summary>The journal. One contract test suite says what any engine must do; nothing here relies on one global writer.</summary>
public interface IEventLog
{
    /// <summary>Writes facts, and with them content, durably and all together.</summary>
    /// <exception cref="StoreUnavailableException">Our own trouble (busy, full, broken): nothing was written, and a client is told 4yz.</exception>
    ValueTask<AppendResult> AppendAsync(Append append, CancellationToken ct);

    /// <summary>The facts of one stream in order, after version <paramref name="after"/>. Empty when there are none.</summary>
    /// <exception cref="UnreadableFactException">A row does not hold a fact.</exception>
    ValueTask<IReadOnlyList<RecordedEvent>> ReadAsync(StreamId stream, int after, CancellationToken ct);

    /// <summary>Facts of the whole journal after a position, in order and without gaps that could still be filled.</summary>
    /// <param name="limit">At most this many.</param>
    /// <exception cref="UnreadableFactException">A row does not hold a fact.</exception>
    ValueTask<IReadOnlyList<RecordedEvent>> ReadAllAsync(long after, int limit, CancellationToken ct);

    /// <summary>Position of the last fact; 0 for an empty journal.</summary>
    ValueTask<long> LastPositionAsync(CancellationToken ct);
}

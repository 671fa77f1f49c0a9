using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Leases;

namespace Postoffice.Store.Log;

/// <summary>Facts for one stream.</summary>
/// <param name="CausedBy">Position of the fact that led here; null when the outside did, or a fact of the same append.</param>
/// <param name="CausedByFact">Which fact of the same append led here, counted from 0 over all its streams in the order given.</param>
public sealed record StreamAppend(
    StreamId Stream, ExpectedVersion Expected, ValueList<QueueEvent> Facts, long? CausedBy = null, int? CausedByFact = null);

/// <summary>What becomes durable together or not at all.</summary>
public sealed record Append
{
    public Append(params ValueList<StreamAppend> streams) => Streams = streams;

    public Append(StreamId stream, ExpectedVersion expected, params ValueList<QueueEvent> facts)
        : this([new StreamAppend(stream, expected, facts)])
    {
    }

    public ValueList<StreamAppend> Streams { get; }

    /// <summary>Content that becomes real with these facts; null when none does.</summary>
    public StagedContent? Content { get; init; }

    /// <summary>Must still be the one in force when the facts are written; null when no lease matters.</summary>
    public Lease? Lease { get; init; }
}

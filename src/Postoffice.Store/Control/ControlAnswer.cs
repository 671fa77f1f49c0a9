using Postoffice.Store.Queries;

namespace Postoffice.Store.Control;

/// <summary>One line of an answer: exactly one member is set. The last line of every answer is an <see cref="End"/>.</summary>
public sealed record ControlAnswer
{
    /// <summary>Messages in the queue; comes before the entries.</summary>
    public long? Count { get; init; }
    public QueueEntry? Queue { get; init; }
    public HistoryEntry? History { get; init; }
    public TraceEntry? Trace { get; init; }

    public DestinationEntry? Destination { get; init; }

    /// <summary>A line of a conversation in its layout; what the peer said in it is hostile and not escaped yet.</summary>
    public string? Said { get; init; }

    /// <summary>Facts that the answer does not take into account yet.</summary>
    public long? Lag { get; init; }

    /// <summary>What became of an operator's act on one message.</summary>
    public ActEntry? Act { get; init; }
    public ControlEnd? End { get; init; }

    public static ControlAnswer Ended(int exitCode = 0, string? why = null) => new() { End = new ControlEnd(exitCode, why) };
}

/// <param name="QueueId">The message, or the word that stood for one.</param>
/// <param name="Changed">A fact was recorded.</param>
/// <param name="Words">What was done, or why nothing was.</param>
/// <param name="ExitCode">Of sysexits.h; 0 also when there was nothing to do.</param>
public sealed record ActEntry(string QueueId, bool Changed, string Words, int ExitCode);

/// <param name="ExitCode">What the asking program exits with (sysexits.h).</param>
/// <param name="Why">A sentence for people; null when all went well.</param>
public sealed record ControlEnd(int ExitCode, string? Why);

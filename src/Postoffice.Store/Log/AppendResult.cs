using Postoffice.Store.Events;

namespace Postoffice.Store.Log;

/// <summary>How an append ended. A dead or full disk is not here: that is <see cref="StoreUnavailableException"/>.</summary>
public abstract record AppendResult
{
    private AppendResult()
    {
    }

    /// <summary>Durable.</summary>
    /// <param name="FirstPosition">Position of the first fact; the others follow without gaps, in the order given.</param>
    public sealed record Appended(long FirstPosition) : AppendResult;

    /// <summary>Somebody else appended first. Nothing was written: load, decide and append again.</summary>
    /// <param name="Stream">The stream that moved on.</param>
    /// <param name="Actual">Where it stands.</param>
    public sealed record WrongVersion(StreamId Stream, int Actual) : AppendResult;

    /// <summary>The lease named by the append is held by somebody else now. Nothing was written.</summary>
    public sealed record LeaseLost : AppendResult;
}

namespace Postoffice.Runner.Scheduling;

/// <summary>Why a holding term ends. The first reason counts: what follows is its consequence.</summary>
internal enum TermEnd
{
    /// <summary>The service was told to stop.</summary>
    Stopped,

    /// <summary>Another runner holds the lease.</summary>
    LeaseLost,

    /// <summary>The privileged child is gone.</summary>
    DelivererEnded,

    /// <summary>A part met a surprise, which is in the log.</summary>
    Faulted,
}

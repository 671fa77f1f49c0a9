namespace Postoffice.Store.Log;

/// <summary>Why nothing could be written.</summary>
public enum StoreTrouble
{
    /// <summary>Somebody else kept the writers' turn past the deadline.</summary>
    Busy,

    /// <summary>No space is left for the store, or less than the reserve.</summary>
    Full,

    /// <summary>A read, write or sync failed; the store refuses appends until a clean checkpoint succeeded.</summary>
    Broken,

    /// <summary>The service is stopping.</summary>
    Stopping,
}

/// <summary>The store could not do it now: our own trouble, so 4yz, and whoever asked keeps what he has.</summary>
public sealed class StoreUnavailableException(StoreTrouble trouble, string message, Exception? inner = null) : Exception(message, inner)
{
    public StoreTrouble Trouble { get; } = trouble;
}

/// <summary>A journal row that is not a fact we know: quarantined by whoever meets it, it stops nothing else.</summary>
public sealed class UnreadableFactException(long position, string stream, string name, Exception? inner = null)
    : Exception($"fact {position} ({name}) of {stream} cannot be read", inner)
{
    public long Position { get; } = position;
    public string Stream { get; } = stream;
}

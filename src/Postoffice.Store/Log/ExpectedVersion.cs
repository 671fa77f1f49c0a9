namespace Postoffice.Store.Log;

/// <summary>What the appender believes of the stream; a stream that moved on since makes the append a lost race, not a fact.</summary>
public readonly record struct ExpectedVersion
{
    /// <summary>Version of the stream's last fact; 0 when there is none.</summary>
    public int Version { get; private init; }

    /// <summary>Whether it does not matter where the stream stands: for streams that only collect, where order decides nothing.</summary>
    public bool IsAny { get; private init; }

    public static readonly ExpectedVersion NoStream = At(0);

    public static readonly ExpectedVersion Any = new() { IsAny = true };

    public static ExpectedVersion At(int version)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(version);
        return new() { Version = version };
    }
}

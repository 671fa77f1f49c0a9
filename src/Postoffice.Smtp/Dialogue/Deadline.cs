namespace Postoffice.Smtp.Dialogue;

/// <summary>When something must be over, on the clock that never jumps.</summary>
/// <param name="Timestamp">As <see cref="TimeProvider.GetTimestamp"/> counts.</param>
internal readonly record struct Deadline(long Timestamp)
{
    public static Deadline In(TimeSpan patience, TimeProvider clock) =>
        new(clock.GetTimestamp() + (long)(patience.TotalSeconds * clock.TimestampFrequency));

    /// <summary>Zero or negative when it is over.</summary>
    public TimeSpan Left(TimeProvider clock) => clock.GetElapsedTime(clock.GetTimestamp(), Timestamp);

    public Deadline OrSooner(Deadline? other) => other is { } sooner && sooner.Timestamp < Timestamp ? sooner : this;
}

namespace Postoffice.Runner.Scheduling;

/// <summary>A pause by the time that passes, whatever the wall clock is set to meanwhile.</summary>
internal sealed class Rest(TimeProvider clock, TimeSpan length)
{
    private long? began;

    /// <summary>Also before the first.</summary>
    public bool IsOver => began is not { } instant || clock.GetElapsedTime(instant) >= length;

    public void End() => began = null;

    public void Begin() => began = clock.GetTimestamp();
}

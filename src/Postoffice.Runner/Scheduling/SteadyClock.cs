namespace Postoffice.Runner.Scheduling;

/// <summary>
/// The time by which mail grows too old: the wall clock's, but never further ahead than time has really passed since the service started.
/// A clock that jumps a year forward makes queued mail due; it does not return all of it.
/// </summary>
internal sealed class SteadyClock(TimeProvider clock)
{
    private readonly DateTimeOffset startedAt = clock.GetUtcNow();
    private readonly long started = clock.GetTimestamp();

    public DateTimeOffset GetUtcNow()
    {
        var wall = clock.GetUtcNow();
        var steady = startedAt + clock.GetElapsedTime(started);
        return wall < steady ? wall : steady;
    }
}

namespace Postoffice.Runner.Scheduling;

/// <summary>
/// The time by which mail grows old: the wall clock's, but never further ahead than time has really passed since the service started, until that
/// has stood for <see cref="Trust"/>. A clock that jumps a year forward by mistake returns no mail and purges nothing, and a service that started
/// before the clock was set (no battery, a machine that slept) knows the time within hours.
/// </summary>
internal sealed class SteadyClock(TimeProvider clock)
{
    /// <summary>What is ahead for so long without being set back is right: late by up to twice this is harmless, early is not.</summary>
    public static readonly TimeSpan Trust = TimeSpan.FromHours(6);

    private readonly Lock gate = new();
    private DateTimeOffset startedAt = clock.GetUtcNow();
    private readonly long started = clock.GetTimestamp();
    private TimeSpan round; // when it ends, in time since the start
    private TimeSpan least = TimeSpan.Zero; // by which the wall clock was ahead in this round; below zero: behind

    public DateTimeOffset GetUtcNow()
    {
        lock (gate)
        {
            var wall = clock.GetUtcNow();
            var passed = clock.GetElapsedTime(started);
            var ahead = wall - (startedAt + passed);
            if (ahead < least) least = ahead;
            if (passed >= round)
            {
                if (least > TimeSpan.Zero) startedAt += least;
                (round, least) = (passed + Trust, wall - (startedAt + passed));
            }
            var steady = startedAt + passed;
            return wall < steady ? wall : steady;
        }
    }
}

using Microsoft.Extensions.Time.Testing;

namespace Postoffice.Runner.Tests;

/// <summary>A fake clock whose wall time somebody may set, while time itself goes on as before.</summary>
internal sealed class JumpyClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    /// <summary>How far the wall clock was set forward.</summary>
    public TimeSpan Jump { get; set; }

    /// <summary>Told of each timer made: somebody waits for time to go by.</summary>
    public Action? TimerMade { get; set; }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        TimerMade?.Invoke();
        return timer;
    }

    public override long GetTimestamp() => base.GetUtcNow().Ticks; // the base would ask the wall clock

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Jump;
}

/// <summary>Tells the time of a fake clock, while time itself is real: an append is not late because a peer's hour has gone by.</summary>
internal sealed class WallClock(TimeProvider wall) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => wall.GetUtcNow();
}

using Postoffice.Runner.Scheduling;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Scheduling;

/// <summary>How old mail is while somebody sets the clock.</summary>
public sealed class SteadyClockTests
{
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);
    private readonly JumpyClock clock = new(Cast.Noon);
    private readonly SteadyClock steady;

    public SteadyClockTests() => steady = new SteadyClock(clock);

    [Fact]
    public void What_has_passed_has_passed()
    {
        Pass(TimeSpan.FromDays(2));
        Assert.Equal(Cast.Noon.AddDays(2), steady.GetUtcNow());
    }

    [Fact]
    public void A_clock_that_is_set_ahead_is_believed_once_that_has_stood_for_long()
    {
        Pass(TimeSpan.FromHours(1));
        clock.Jump = Year;
        Pass(SteadyClock.Trust);
        Assert.Equal(Cast.Noon.AddHours(1) + SteadyClock.Trust, steady.GetUtcNow());
        Pass(SteadyClock.Trust);
        Assert.Equal(clock.GetUtcNow(), steady.GetUtcNow());
    }

    [Fact]
    public void Only_so_much_is_believed_as_stood_all_the_time()
    {
        clock.Jump = Year;
        Pass(SteadyClock.Trust * 2.5);
        clock.Jump = Year + Year;
        Pass(SteadyClock.Trust);
        Assert.Equal(clock.GetUtcNow() - Year, steady.GetUtcNow());
    }

    [Fact]
    public void A_clock_that_was_ahead_for_a_while_leaves_nothing_behind()
    {
        for (var day = 0; day < 10; day++)
        {
            clock.Jump = Year;
            Pass(SteadyClock.Trust * 0.7);
            clock.Jump = TimeSpan.Zero;
            Pass(SteadyClock.Trust * 0.7);
        }
        Assert.Equal(clock.GetUtcNow(), steady.GetUtcNow());
    }

    [Fact]
    public void It_is_never_ahead_of_a_clock_that_was_set_back()
    {
        clock.Jump = -Year;
        Assert.Equal(Cast.Noon - Year, steady.GetUtcNow());
        Pass(SteadyClock.Trust * 3);
        clock.Jump = TimeSpan.Zero;
        Assert.Equal(clock.GetUtcNow(), steady.GetUtcNow());
    }

    /// <summary>As the schedule does it: the clock is asked all the time.</summary>
    private void Pass(TimeSpan time)
    {
        for (var end = clock.GetTimestamp() + time.Ticks; clock.GetTimestamp() < end;)
        {
            clock.Advance(TimeSpan.FromMinutes(6));
            steady.GetUtcNow();
        }
    }
}

using CsCheck;
using Postoffice.Store.Queue;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Queue;

public sealed class RetryScheduleTests
{
    [Fact]
    public void An_instant_is_a_whole_millisecond_and_never_before_its_step() =>
        Gen.Select(Gen.Double[0, 1], Gen.Int[0, 20_000]).Sample((spread, ticks) =>
        {
            var now = Cast.Noon.AddTicks(ticks);
            var next = new RetrySchedule([TimeSpan.FromSeconds(7)]).NextAttempt(1, now, spread);
            return next.Ticks % TimeSpan.TicksPerMillisecond == 0 && next >= now.AddSeconds(7) && next <= now.AddSeconds(7.7).AddMilliseconds(1);
        });

    [Theory]
    [InlineData(0, 60)]
    [InlineData(1, 60)]
    [InlineData(2, 300)]
    [InlineData(9, 300)]
    public void The_last_step_repeats(int attempt, int seconds)
    {
        Assert.True(RetrySchedule.TryParse("1m,5m", out var schedule));
        Assert.Equal(Cast.Noon.AddSeconds(seconds), schedule.NextAttempt(attempt, Cast.Noon, spread: 0));
    }
}

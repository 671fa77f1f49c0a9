using Postoffice.Store.Configuration;

namespace Postoffice.Store.Queue;

/// <summary>How long a recipient waits after each failed attempt: <c>retry=5m,15m,30m,1h,2h,4h</c>. The last step repeats.</summary>
/// <param name="Steps">From 1 s to 7 d each; at least one.</param>
public sealed record RetrySchedule(IReadOnlyList<TimeSpan> Steps)
{
    public static readonly RetrySchedule Default = Parse("5m,15m,30m,1h,2h,4h");

    /// <summary>Part of a step by which an instant may move, so that what failed together does not come back together.</summary>
    private const double Jitter = 0.1;

    /// <summary>No attempt is planned for later than this from now on.</summary>
    public TimeSpan Longest => Steps.Max() * (1 + Jitter);

    public static bool TryParse(string text, out RetrySchedule schedule)
    {
        schedule = Default;
        var steps = new List<TimeSpan>();
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!Units.TryTime(word, out var step) || step < TimeSpan.FromSeconds(1) || step > TimeSpan.FromDays(7)) return false;
            steps.Add(step);
        }
        schedule = new RetrySchedule(steps);
        return steps.Count <= 100;
    }

    /// <summary>
    /// The earliest instant of the attempt after <paramref name="attempt"/>: a whole millisecond, since rows know no less, and whoever looks there
    /// must not come too early.
    /// </summary>
    /// <param name="attempt">The attempt by this schedule that failed, from 1; 0 for one that came before its time.</param>
    /// <param name="spread">0 to 1: where in the jitter the instant falls; the caller throws the dice.</param>
    public DateTimeOffset NextAttempt(int attempt, DateTimeOffset now, double spread)
    {
        var step = Steps[Math.Clamp(attempt - 1, 0, Steps.Count - 1)];
        var next = now + step + (step * Jitter * spread);
        return next.Ticks % TimeSpan.TicksPerMillisecond is > 0 and var rest ? next.AddTicks(TimeSpan.TicksPerMillisecond - rest) : next;
    }

    private static RetrySchedule Parse(string text) =>
        TryParse(text, out var schedule) ? schedule : throw new FormatException($"not a retry schedule: {text}");
}

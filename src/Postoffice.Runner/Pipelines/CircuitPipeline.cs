using Polly;
using Polly.CircuitBreaker;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Pipelines;

/// <summary>
/// The circuit breaker of one destination: opens when nine of ten attempts in two minutes, and five at least, found it in trouble, for a minute
/// at first and twice as long after each probe that fails, up to 16 minutes. Then one attempt probes.
/// </summary>
internal static class CircuitPipeline
{
    private const double FailureRatio = 0.9;
    private const int MinimumThroughput = 5;
    private const int MaxDoublings = 4;

    /// <summary>How long an attempt counts.</summary>
    public static readonly TimeSpan Sampling = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan FirstBreak = TimeSpan.FromMinutes(1);

    /// <param name="isTrouble">Whether an attempt speaks against the destination; null for one that came to nothing before it was dialled.</param>
    /// <param name="control">Closes it by hand.</param>
    public static ResiliencePipeline<AttemptReport?> Build(
        string destination,
        Predicate<AttemptReport?> isTrouble,
        Func<OnCircuitOpenedArguments<AttemptReport?>, ValueTask> opened,
        Func<OnCircuitClosedArguments<AttemptReport?>, ValueTask> closed,
        CircuitBreakerManualControl control,
        TimeProvider clock) =>
        new ResiliencePipelineBuilder<AttemptReport?> { Name = "destination", InstanceName = destination, TimeProvider = clock }
            .Measured()
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<AttemptReport?>
            {
                FailureRatio = FailureRatio,
                MinimumThroughput = MinimumThroughput,
                SamplingDuration = Sampling,
                BreakDurationGenerator = failed => ValueTask.FromResult(FirstBreak * (1 << Math.Min(failed.HalfOpenAttempts, MaxDoublings))),
                ShouldHandle = attempt => ValueTask.FromResult(isTrouble(attempt.Outcome.Result)),
                OnOpened = opened,
                OnClosed = closed,
                ManualControl = control,
            })
            .Build();
}

using Polly;
using Polly.Retry;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Pipelines;

/// <summary>What one address of a next hop came to. Not final is what another may mend.</summary>
internal readonly record struct Tried(AttemptReport Report, bool IsFinal);

/// <summary>
/// One attempt at a next hop: the next address, of this exchanger or the next, follows at once while the last result is not final. Whoever is
/// executed has an end of its own, and makes that final.
/// </summary>
internal static class ExchangerPipeline
{
    public static ResiliencePipeline<Tried> Build(TimeProvider clock) =>
        new ResiliencePipelineBuilder<Tried> { Name = "next-exchanger", TimeProvider = clock }
            .Measured()
            .AddRetry(new RetryStrategyOptions<Tried>
            {
                MaxRetryAttempts = int.MaxValue,
                Delay = TimeSpan.Zero,
                ShouldHandle = static tried => ValueTask.FromResult(tried.Outcome is { Exception: null, Result.IsFinal: false }),
            })
            .Build();
}

using Polly;
using Polly.Retry;
using Polly.Timeout;
using Postoffice.Runner.Resolution;

namespace Postoffice.Runner.Pipelines;

/// <summary>One question to the DNS: asked again while there is trouble, within one budget for all the tries together.</summary>
internal static class DnsPipeline
{
    public static ResiliencePipeline<DnsAnswer> Build(TimeSpan budget, TimeProvider clock) =>
        new ResiliencePipelineBuilder<DnsAnswer> { Name = "dns", TimeProvider = clock }
            .Measured()
            .AddTimeout(new TimeoutStrategyOptions { Timeout = budget }) // outermost
            .AddRetry(new RetryStrategyOptions<DnsAnswer>
            {
                MaxRetryAttempts = 2,
                Delay = TimeSpan.FromMilliseconds(250),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = new PredicateBuilder<DnsAnswer>().HandleResult(answer => answer is DnsAnswer.Trouble),
            })
            .Build();
}

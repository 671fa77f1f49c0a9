using Polly;
using Polly.Timeout;

namespace Postoffice.Runner.Pipelines;

/// <summary>One question to the system's resolver, which has many sources and time limits of its own, or none: given up after the budget.</summary>
internal static class HostPipeline
{
    public static ResiliencePipeline Build(TimeSpan budget, TimeProvider clock) =>
        new ResiliencePipelineBuilder { Name = "hosts", TimeProvider = clock }
            .Measured()
            .AddTimeout(new TimeoutStrategyOptions { Timeout = budget })
            .Build();
}

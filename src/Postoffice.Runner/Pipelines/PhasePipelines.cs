using Polly;
using Polly.Timeout;

namespace Postoffice.Runner.Pipelines;

/// <summary>One pipeline for each step of an SMTP session: its time limit. Waiting longer than that is a deferral, hence a fact, not a matter of a pipeline.</summary>
internal sealed class PhasePipelines(PhaseTimeouts timeouts, TimeProvider clock)
{
    public ResiliencePipeline Connect { get; } = Limit("smtp-connect", timeouts.Connect, clock);
    public ResiliencePipeline Greeting { get; } = Limit("smtp-greeting", timeouts.Greeting, clock);
    public ResiliencePipeline Tls { get; } = Limit("smtp-tls", timeouts.Tls, clock);
    public ResiliencePipeline Mail { get; } = Limit("smtp-mail", timeouts.Mail, clock);
    public ResiliencePipeline Rcpt { get; } = Limit("smtp-rcpt", timeouts.Rcpt, clock);
    public ResiliencePipeline Data { get; } = Limit("smtp-data", timeouts.Data, clock);
    public ResiliencePipeline Content { get; } = Limit("smtp-content", timeouts.Content, clock);
    public ResiliencePipeline Dot { get; } = Limit("smtp-dot", timeouts.Dot, clock);
    public ResiliencePipeline Quit { get; } = Limit("smtp-quit", timeouts.Quit, clock);

    /// <summary>The time of a transaction begins.</summary>
    public Deadline BeginTransaction() => new(timeouts.Transaction, clock);

    private static ResiliencePipeline Limit(string name, TimeSpan timeout, TimeProvider clock) =>
        new ResiliencePipelineBuilder { Name = name, TimeProvider = clock }
            .Measured()
            .AddTimeout(new TimeoutStrategyOptions { Timeout = timeout })
            .Build();
}

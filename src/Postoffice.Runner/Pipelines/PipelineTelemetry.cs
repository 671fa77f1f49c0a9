using Microsoft.Extensions.Logging.Abstractions;
using Polly;
using Polly.Telemetry;

namespace Postoffice.Runner.Pipelines;

/// <summary>
/// Every pipeline counts its events (time-outs, tries again, circuits) and its durations with the meter <c>Polly</c>, by its name and, for
/// circuits, the destination. Nothing is logged: our own lines say to which mail it happened.
/// </summary>
internal static class PipelineTelemetry
{
    private static readonly TelemetryOptions MeterOnly = new() { LoggerFactory = NullLoggerFactory.Instance };

    public static TBuilder Measured<TBuilder>(this TBuilder builder) where TBuilder : ResiliencePipelineBuilderBase =>
        builder.ConfigureTelemetry(MeterOnly);
}

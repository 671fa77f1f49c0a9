using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Time.Testing;
using Polly.Timeout;
using Postoffice.Runner.Pipelines;

namespace Postoffice.Runner.Tests;

public sealed class PipelineTelemetryTests
{
    [Fact]
    public async Task What_pipelines_do_is_counted_by_their_names()
    {
        var seen = new ConcurrentBag<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "Polly") self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((_, _, tags, _) => seen.Add(string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
        listener.Start();
        var clock = new FakeTimeProvider();
        var dot = new PhasePipelines(new PhaseTimeouts(), clock).Dot;

        var asking = dot.ExecuteAsync(async token => await Task.Delay(Timeout.InfiniteTimeSpan, clock, token), TestContext.Current.CancellationToken).AsTask();
        clock.Advance(new PhaseTimeouts().Dot);
        await Assert.ThrowsAsync<TimeoutRejectedException>(() => asking);

        Assert.Contains(seen, tags => tags.Contains("event.name=OnTimeout", StringComparison.Ordinal) && tags.Contains("pipeline.name=smtp-dot", StringComparison.Ordinal));
    }
}

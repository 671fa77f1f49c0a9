using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Time.Testing;
using Polly.Timeout;
using Postoffice.Runner.Pipelines;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Tests;

public sealed class PipelineTelemetryTests : IDisposable
{
    private readonly ConcurrentBag<string> seen = [];
    private readonly MeterListener listener = new()
    {
        InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == "Polly") self.EnableMeasurementEvents(instrument);
        },
    };

    public PipelineTelemetryTests()
    {
        listener.SetMeasurementEventCallback<int>((_, _, tags, _) => seen.Add(string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
        listener.Start();
    }

    public void Dispose() => listener.Dispose();

    [Fact]
    public async Task What_pipelines_do_is_counted_by_their_names()
    {
        var clock = new FakeTimeProvider();
        var dot = new PhasePipelines(new PhaseTimeouts(), clock).Dot;

        var asking = dot.ExecuteAsync(async token => await Task.Delay(Timeout.InfiniteTimeSpan, clock, token), TestContext.Current.CancellationToken).AsTask();
        clock.Advance(new PhaseTimeouts().Dot);
        await Assert.ThrowsAsync<TimeoutRejectedException>(() => asking);

        Assert.InRange(Count("OnTimeout", "smtp-dot"), 1, int.MaxValue); // other tests of this process are counted too
    }

    [Fact]
    public async Task So_is_each_step_to_the_next_exchanger_which_comes_at_once()
    {
        var asked = 0;

        var last = await ExchangerPipeline.Build(new FakeTimeProvider()).ExecuteAsync(
            _ => ValueTask.FromResult(new Tried(new AttemptReport([]), IsFinal: ++asked == 4)), TestContext.Current.CancellationToken);

        Assert.Equal((true, 4), (last.IsFinal, asked));
        Assert.InRange(Count("OnRetry", "next-exchanger"), 3, int.MaxValue);
    }

    private int Count(string name, string pipeline) => seen.Count(tags =>
        tags.Contains($"event.name={name}", StringComparison.Ordinal) && tags.Contains($"pipeline.name={pipeline}", StringComparison.Ordinal));
}

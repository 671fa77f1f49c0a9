using BenchmarkDotNet.Attributes;
using Postoffice.Store.Events;

namespace Postoffice.MicroBenchmarks;

/// <summary>Facts to text and back.</summary>
public class Json
{
    private static readonly string AcceptedText = EventJson.Write(Facts.Accepted), DeliveredText = EventJson.Write(Facts.Delivered);

    [Benchmark(Description = "message-accepted and headers-added written")]
    public int Write() => EventJson.Write(Facts.Accepted).Length + EventJson.Write(Facts.Headers).Length;

    [Benchmark(Description = "message-accepted read")]
    public object ReadAccepted() => EventJson.Read("message-accepted.v1", AcceptedText);

    [Benchmark(Description = "attempt-ended read")]
    public object ReadEnded() => EventJson.Read("attempt-ended.v1", DeliveredText);
}

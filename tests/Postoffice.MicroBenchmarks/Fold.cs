using BenchmarkDotNet.Attributes;
using Postoffice.Store.Queue;

namespace Postoffice.MicroBenchmarks;

/// <summary>From facts to the message as it stands.</summary>
public class Fold
{
    [Benchmark(Description = "six facts: put off once, then delivered")]
    public object? Message() => QueuedMessage.Fold(Facts.Id, Facts.All);
}

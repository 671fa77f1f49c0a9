using System.Text;
using BenchmarkDotNet.Attributes;
using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Testing;

namespace Postoffice.MicroBenchmarks;

/// <summary>A message of 4 KiB made durable in a real store on the temporary folder's file system, syncs and all.</summary>
public class AppendPath
{
    private const int Many = 20;
    private static readonly byte[] Octets = Encoding.Latin1.GetBytes("Subject: x\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('x', 62) + "\r\n", 64)));
    private readonly QueueIdSource ids = new(TimeProvider.System);
    private TempStore store = null!;

    [GlobalSetup]
    public void Open() => store = new TempStore();

    [GlobalCleanup]
    public void Close() => store.Dispose();

    [Benchmark(Description = "one message alone")]
    public Task One() => AppendAsync();

    [Benchmark(Description = "one of twenty at once", OperationsPerInvoke = Many)]
    public Task Twenty() => Task.WhenAll(Enumerable.Range(0, Many).Select(_ => AppendAsync()));

    private async Task AppendAsync()
    {
        var id = ids.Next();
        await using var staging = store.Store.Content.Stage(id);
        await staging.WriteAsync(Octets, CancellationToken.None);
        var message = new StreamAppend(StreamId.Message(id), ExpectedVersion.NoStream, [Facts.Accepted, Facts.Headers]);
        var result = await store.Store.Events.AppendAsync(
            new Append([message]) { Content = await staging.CompleteAsync(CancellationToken.None) }, CancellationToken.None);
        if (result is not AppendResult.Appended) throw new InvalidOperationException($"not appended: {result}");
    }
}

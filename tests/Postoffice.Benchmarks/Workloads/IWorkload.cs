using Postoffice.Benchmarks.Servers;

namespace Postoffice.Benchmarks.Workloads;

/// <summary>Mail that is given to a server, and when the server has done with it. Disposed, it leaves nothing behind.</summary>
internal interface IWorkload : IDisposable
{
    /// <summary>What the server is to do with the mail.</summary>
    Delivery Delivery { get; }

    /// <summary>Gives messages to a server, and waits until it has done with all of them.</summary>
    /// <returns>Seconds that it took.</returns>
    /// <exception cref="BenchmarkException">It did not take them.</exception>
    Task<double> RunAsync(MailServer server, int messages, CancellationToken ct);
}

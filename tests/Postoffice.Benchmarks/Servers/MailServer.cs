using System.Net;

namespace Postoffice.Benchmarks.Servers;

/// <summary>A mail server with an empty queue in a throw-away folder. Whoever disposes it ends all its processes.</summary>
internal abstract class MailServer : IDisposable
{
    /// <summary>Where it takes mail.</summary>
    public abstract IPEndPoint Listener { get; }

    /// <summary>Processor seconds of all its processes so far.</summary>
    public double ProcessorSeconds => Roots.Sum(ProcessTree.ProcessorSeconds);

    /// <summary>Proportional set size of all its processes, in octets.</summary>
    public long ProportionalMemory => Roots.Sum(ProcessTree.ProportionalMemory);

    /// <summary>Those of its processes that we started.</summary>
    protected abstract IEnumerable<int> Roots { get; }

    public abstract void Dispose();
}

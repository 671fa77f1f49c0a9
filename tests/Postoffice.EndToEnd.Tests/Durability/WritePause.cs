using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>Stops a running process behind the n-th write of one of its threads to one file: strace does.</summary>
internal sealed class WritePause : IAsyncDisposable
{
    private readonly string trace;
    private readonly Service strace;

    /// <param name="processes">Whoever of them comes to it.</param>
    /// <param name="write">Counted for each thread from now on, from 1.</param>
    public WritePause(Site site, IEnumerable<int> processes, string file, int write)
    {
        trace = site.File($"trace-{Guid.NewGuid():N}");
        strace = Service.Start(
            OutsideProgram.Require("strace"),
            ["-f", "-o", trace, "-P", file, "-e", "trace=pwrite64,fsync,fdatasync", "-e", $"inject=pwrite64:signal=STOP:when={write}", .. processes.SelectMany(id => (string[])["-p", $"{id}"])]);
    }

    /// <summary>Whether it stands still.</summary>
    public bool HasStopped => Trace.Contains("stopped by SIGSTOP", StringComparison.Ordinal);

    /// <summary>What was seen so far.</summary>
    public string Said => $"{Trace}\n{strace.Said}";

    private string Trace => File.Exists(trace) ? File.ReadAllText(trace) : "";

    public ValueTask DisposeAsync() => strace.DisposeAsync();
}

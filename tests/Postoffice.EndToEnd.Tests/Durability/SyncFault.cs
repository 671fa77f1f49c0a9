using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>A sync that fails, or at which a program is killed: strace puts it at the n-th of a thread.</summary>
internal sealed class SyncFault
{
    private readonly string trace;

    /// <param name="fault">As strace's inject has it: <c>error=EIO:when=3</c>, <c>signal=KILL:when=3</c>.</param>
    public SyncFault(Site site, string fault)
    {
        trace = site.File($"trace-{Guid.NewGuid():N}");
        Wrapper = [OutsideProgram.Require("strace"), "-D", "-f", "-o", trace, "-e", "trace=fsync,fdatasync", "-e", $"inject=fsync,fdatasync:{fault}"];
    }

    /// <summary>What the program's command line begins with.</summary>
    public IReadOnlyList<string> Wrapper { get; }

    /// <summary>Whether a call has failed. Not so for a kill: the exit code tells that.</summary>
    public bool IsInjected => Says("INJECTED");

    /// <summary>Whether the program stands still in that sync, after <c>signal=STOP</c>.</summary>
    public bool HasStopped => Says("stopped by SIGSTOP");

    private bool Says(string words) => File.Exists(trace) && File.ReadAllText(trace).Contains(words, StringComparison.Ordinal);
}

using System.Diagnostics;

namespace Postoffice.Testing;

/// <summary>A process started for one test and ended with it, whatever happens; ended as <c>kill -9</c> does.</summary>
public sealed class ChildProcess : IDisposable
{
    private readonly Process process;

    private ChildProcess(Process process) => this.process = process;

    public int Id => process.Id;

    /// <param name="program">Found by <see cref="OutsideProgram"/>, or an absolute path.</param>
    public static ChildProcess Start(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program.StartsWith('/') ? program : OutsideProgram.Require(program), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>What it says next on standard output, without the line end; null at its end.</summary>
    public async Task<string?> LineAsync(CancellationToken ct)
    {
        var line = new List<byte>();
        var octet = new byte[1];
        while (await process.StandardOutput.BaseStream.ReadAsync(octet, ct) == 1)
        {
            if (octet[0] == '\n') return System.Text.Encoding.UTF8.GetString([.. line]);
            line.Add(octet[0]);
        }
        return line.Count == 0 ? null : System.Text.Encoding.UTF8.GetString([.. line]);
    }

    /// <summary>Takes the rest of its standard output, and throws it away.</summary>
    public Task DrainAsync(CancellationToken ct) => process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, ct);

    /// <summary>Waits for its end; answers its exit code.</summary>
    public async Task<int> ExitAsync(CancellationToken ct)
    {
        await process.WaitForExitAsync(ct);
        return process.ExitCode;
    }

    public void Kill()
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
    }

    public void Dispose()
    {
        if (!process.HasExited) Kill();
        process.Dispose();
    }
}

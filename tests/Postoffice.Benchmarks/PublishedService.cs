using System.Collections.Concurrent;
using System.Diagnostics;
using Postoffice.Benchmarks.Servers;
using Postoffice.Testing;

namespace Postoffice.Benchmarks;

/// <summary>One of the two services from <c>out/bin</c> as a process of its own. Its store is thrown away, so it is ended as <c>kill -9</c> does.</summary>
internal sealed class PublishedService : IDisposable
{
    private const int LinesKept = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Process process;
    private readonly ConcurrentQueue<string> lastWords = new();
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private PublishedService(Process process)
    {
        this.process = process;
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.Exited += (_, _) => ready.TrySetException(new BenchmarkException(
            $"{process.StartInfo.FileName} ended before it was ready:\n{string.Join('\n', lastWords)}"));
    }

    public int Id => process.Id;

    /// <summary>Processor seconds used so far, with those of what it started.</summary>
    public double ProcessorSeconds => ProcessTree.ProcessorSeconds(Id);

    /// <summary>Where <c>scripts/build</c> put a program.</summary>
    /// <exception cref="BenchmarkException">It is not there.</exception>
    public static string PathOf(string program) => Checkout.At($"out/bin/{program}") is var path && Path.Exists(path)
        ? path
        : throw new BenchmarkException($"{path} is not there: scripts/build makes it");

    /// <summary>Starts it, and waits until it says that it is ready.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <exception cref="BenchmarkException">It ends at once.</exception>
    public static async Task<PublishedService> StartAsync(IReadOnlyList<string> command, CancellationToken ct)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardError = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        var service = new PublishedService(new Process { StartInfo = start, EnableRaisingEvents = true });
        try
        {
            service.process.Start();
            service.process.BeginErrorReadLine();
            service.process.BeginOutputReadLine();
            service.process.StandardInput.Close();
            await service.ready.Task.WaitAsync(Patience, TimeProvider.System, ct);
            return service;
        }
        catch
        {
            service.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        process.Kill(entireProcessTree: true); // does nothing when it has ended
        process.WaitForExit();
        process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        lastWords.Enqueue(line);
        while (lastWords.Count > LinesKept) lastWords.TryDequeue(out _);
        if (line.Contains("ready", StringComparison.Ordinal)) ready.TrySetResult();
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>A published program run as a process of its own, with what it says on standard error.</summary>
public sealed class Service : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60); // a hang is a failure; nothing waits this long when all is well
    private readonly Process process;
    private readonly ConcurrentQueue<string> said = new();
    private readonly Lock gate = new();
    private readonly List<(Func<string, bool> Wanted, TaskCompletionSource<string> Seen)> waits = [];

    private Service(Process process)
    {
        this.process = process;
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.OutputDataReceived += (_, line) => Hear(line.Data);
    }

    public int Id => process.Id;

    /// <summary>Everything said so far, a line each.</summary>
    public string Said => string.Join('\n', said);

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    /// <summary>The path of a published program.</summary>
    public static string Program(string name) => Checkout.At($"out/bin/{name}");

    public static Service Start(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        var begun = new Process { StartInfo = start, EnableRaisingEvents = true };
        var service = new Service(begun);
        begun.Start();
        begun.BeginErrorReadLine();
        begun.BeginOutputReadLine();
        begun.StandardInput.Close();
        return service;
    }

    /// <summary>Waits until it says a line with <paramref name="words"/>; fails when it ends first.</summary>
    public async Task SaysAsync(string words)
    {
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (said.Any(line => line.Contains(words, StringComparison.Ordinal))) return;
            waits.Add((line => line.Contains(words, StringComparison.Ordinal), seen));
        }
        var ended = process.WaitForExitAsync();
        var first = await Task.WhenAny(seen.Task, ended).WaitAsync(Patience);
        if (first == ended && !seen.Task.IsCompleted) Assert.Fail($"{process.StartInfo.FileName} ended with {ExitCode} before it said '{words}':\n{Said}");
    }

    /// <summary>SIGKILL: no clean-up of any kind.</summary>
    public async Task KillAsync()
    {
        process.Kill(entireProcessTree: false);
        await process.WaitForExitAsync().WaitAsync(Patience);
    }

    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{Id}"]);
        kill.WaitForExit();
    }

    /// <summary>SIGTERM, and the exit code it ends with.</summary>
    public async Task<int> StopAsync()
    {
        Signal("TERM");
        return await EndAsync();
    }

    public async Task<int> EndAsync()
    {
        await process.WaitForExitAsync().WaitAsync(Patience);
        return process.ExitCode;
    }

    /// <summary>Most resident memory so far, in octets (VmHWM of proc(5)).</summary>
    public long PeakMemory() => Memory("VmHWM:");

    /// <summary>Begins the count of <see cref="PeakMemory"/> anew (proc(5), clear_refs).</summary>
    public void ForgetPeakMemory() => System.IO.File.WriteAllText($"/proc/{Id}/clear_refs", "5");

    /// <summary>Children of this process, by pid.</summary>
    public IReadOnlyList<int> Children() =>
        [.. Directory.GetDirectories($"/proc/{Id}/task").SelectMany(thread => System.IO.File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(int.Parse)];

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            Signal("CONT"); // in case a test stopped it
            if (await StopWithinAsync(TimeSpan.FromSeconds(20)) is false) process.Kill(entireProcessTree: true);
        }
        process.Dispose();
    }

    private async Task<bool> StopWithinAsync(TimeSpan wait)
    {
        Signal("TERM");
        using var limit = new CancellationTokenSource(wait);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private long Memory(string field)
    {
        var line = System.IO.File.ReadLines($"/proc/{Id}/status").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        lock (gate)
        {
            said.Enqueue(line);
            foreach (var (_, seen) in waits.Where(wait => wait.Wanted(line))) seen.TrySetResult(line);
        }
    }
}

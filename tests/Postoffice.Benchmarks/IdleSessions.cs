using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Postoffice.Benchmarks.Servers;

namespace Postoffice.Benchmarks;

/// <summary>Clients that have greeted and say nothing more cost the listener little, and delay nobody.</summary>
internal sealed class IdleSessions : IBenchmark
{
    private const int Sessions = 10_000;
    private const double MostMemory = 150; // MiB
    private const double LongestAnswer = 100; // milliseconds

    public string Name => "idle-sessions";

    public string Summary =>
        $"{Sessions:N0} sessions that said EHLO and nothing more: at most {MostMemory} MiB in the listener, and a new session has its greeting and its EHLO answered within {LongestAnswer} ms";

    public async Task<Finding> RunAsync(Effort effort, CancellationToken ct)
    {
        using var installation = new Installation($"clients={2 * Sessions}");
        using var listener = await installation.StartListenerAsync(ct);
        var sessions = new List<TcpClient>(Sessions);
        try
        {
            var opening = OpenAsync(installation.Listener, sessions, ct);
            await Progress.FollowAsync(opening, () => $"{Name}: {sessions.Count:N0} of {Sessions:N0} open");
            var memory = ProcessTree.ProportionalMemory(listener.Id) / (double)(1 << 20);
            var began = TimeProvider.System.GetTimestamp();
            using var another = await GreetAsync(installation.Listener, ct);
            var answer = TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
            return new Finding(
                ["| sessions | listener, MiB | a new session, ms |", "|---|---|---|", $"| {Sessions:N0} | {memory:0} | {answer:0.0} |"],
                [Limit.AtMost("the listener's memory, MiB,", memory, MostMemory), Limit.AtMost("a new session, ms,", answer, LongestAnswer)]);
        }
        finally
        {
            foreach (var session in sessions) session.Dispose();
        }
    }

    private static async Task OpenAsync(IPEndPoint listener, List<TcpClient> sessions, CancellationToken ct)
    {
        while (sessions.Count < Sessions) sessions.Add(await GreetAsync(listener, ct));
    }

    private static async Task<TcpClient> GreetAsync(IPEndPoint listener, CancellationToken ct)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(listener, ct);
        var pipe = PipeReader.Create(client.GetStream(), new StreamPipeReaderOptions(leaveOpen: true));
        await Loader.ExpectAsync(pipe, 220, ct);
        await client.GetStream().WriteAsync("EHLO client.example.net\r\n"u8.ToArray(), ct);
        await Loader.ExpectAsync(pipe, 250, ct);
        await pipe.CompleteAsync();
        return client;
    }
}

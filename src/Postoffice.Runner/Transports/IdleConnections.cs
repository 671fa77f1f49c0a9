using System.Diagnostics.CodeAnalysis;
using Postoffice.Runner.Pipelines;

namespace Postoffice.Runner.Transports;

/// <summary>
/// Open connections between two messages, by destination: opening one costs a peer and us more than a transaction does. They wait for seconds
/// only, since a peer's patience and places are not ours to use up, and take so many messages at most that its load balancer has its say.
/// </summary>
/// <param name="most">Messages over one connection, from 1.</param>
internal sealed class IdleConnections(int most, PhasePipelines phases, TimeProvider clock)
{
    private const int MostIdle = 500;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly Dictionary<string, List<Waiting>> destinations = new(StringComparer.Ordinal);
    private readonly HashSet<Task> farewells = [];
    private ITimer? timer;
    private int count;
    private bool isClosed;

    /// <summary>The connection used last, which is the one the peer is least likely to have given up; null when there is none.</summary>
    public async ValueTask<PeerConnection?> TakeAsync(string destination)
    {
        while (TakeOne(destination) is { } connection)
        {
            if (connection.IsQuiet) return connection;
            await connection.DisposeAsync(); // the peer has closed it, or said what nobody asked for
        }
        return null;
    }

    /// <summary>Keeps a connection for the next message, or says goodbye: without making anybody wait for the peer's answer.</summary>
    public void Put(string destination, PeerConnection connection)
    {
        lock (gate)
        {
            if (!isClosed && connection.Session.IsUsable && connection.Transactions < most && count < MostIdle)
            {
                if (!destinations.TryGetValue(destination, out var waiting)) destinations[destination] = waiting = [];
                waiting.Add(new Waiting(connection, clock.GetTimestamp()));
                count++;
                timer ??= clock.CreateTimer(_ => LeaveLate(), null, Idle, Timeout.InfiniteTimeSpan);
                return;
            }
        }
        Leave(connection);
    }

    /// <summary>Keeps none any more, says goodbye to all, and waits for their answers as long as each has.</summary>
    public Task CloseAsync()
    {
        lock (gate) isClosed = true;
        LeaveAll(_ => true);
        lock (gate) return Task.WhenAll([.. farewells]);
    }

    private PeerConnection? TakeOne(string destination)
    {
        lock (gate)
        {
            if (!destinations.TryGetValue(destination, out var waiting)) return null;
            var last = waiting[^1];
            waiting.RemoveAt(waiting.Count - 1);
            if (waiting.Count == 0) destinations.Remove(destination);
            count--;
            return last.Connection;
        }
    }

    private void LeaveLate()
    {
        LeaveAll(waiting => clock.GetElapsedTime(waiting.Since) >= Idle);
        lock (gate)
        {
            timer?.Dispose();
            timer = count == 0 ? null : clock.CreateTimer(_ => LeaveLate(), null, Idle, Timeout.InfiniteTimeSpan);
        }
    }

    private void LeaveAll(Predicate<Waiting> which)
    {
        List<PeerConnection> leaving = [];
        lock (gate)
        {
            foreach (var (destination, waiting) in destinations.ToList())
            {
                leaving.AddRange(waiting.Where(one => which(one)).Select(one => one.Connection));
                waiting.RemoveAll(which);
                if (waiting.Count == 0) destinations.Remove(destination);
            }
            count -= leaving.Count;
        }
        leaving.ForEach(Leave);
    }

    private void Leave(PeerConnection connection)
    {
        var farewell = LeaveAsync(connection);
        lock (gate)
        {
            if (!farewell.IsCompleted) farewells.Add(farewell);
        }
        _ = farewell.ContinueWith(ForgetFarewell, TaskScheduler.Default);
    }

    private void ForgetFarewell(Task farewell)
    {
        lock (gate) farewells.Remove(farewell);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Nothing depends on a farewell.")]
    private async Task LeaveAsync(PeerConnection connection)
    {
        try
        {
            await using (connection)
            {
                if (connection.Session.IsUsable) await connection.Session.QuitAsync(phases.Quit, CancellationToken.None);
            }
        }
        catch (Exception)
        {
            // The connection is gone, one way or the other.
        }
    }

    private readonly record struct Waiting(PeerConnection Connection, long Since);
}

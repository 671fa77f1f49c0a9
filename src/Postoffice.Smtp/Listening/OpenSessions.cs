using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Postoffice.Smtp.Dialogue;
using Postoffice.Smtp.Verbs;

namespace Postoffice.Smtp.Listening;

/// <summary>Every session that is open: bounds their number, and ends them when the service stops.</summary>
internal sealed class OpenSessions(ListenerServices services)
{
    /// <summary>For what was said last to leave when a session is over; after it the connection is cut, read or not.</summary>
    private static readonly TimeSpan GoodbyePatience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<SmtpSession, Running> open = new();
    private readonly VerbTable verbs = new(services);
    private readonly Places places = new(); // counted before the first session
    private int taken;
    private bool full;
    private volatile bool stopping;

    public int Count => Volatile.Read(ref taken);

    /// <summary>Begins a session, which gives its place back when it ends.</summary>
    /// <param name="connect">Called only when there is a place; what it throws is thrown on.</param>
    /// <returns>False when every place is taken.</returns>
    public bool TryRun(Func<ConnectionContext> connect, ClientPeer peer, bool implicitTls)
    {
        if (!TryTakePlace()) return false;
        ConnectionContext connection;
        try
        {
            connection = connect();
        }
        catch
        {
            GiveBackPlace();
            throw;
        }
        Run(connection, peer, implicitTls);
        return true;
    }

    /// <summary>Idle sessions end with 421 at once, those that take content behind it, what is left after <paramref name="patience"/> is cut.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        stopping = true;
        foreach (var session in open.Keys) session.Wire.Stop();
        var ended = Task.WhenAll(open.Values.Select(running => running.Ended));
        using var limit = new CancellationTokenSource();
        if (await Task.WhenAny(ended, Task.Delay(patience, services.Clock, limit.Token)) != ended)
        {
            ListenerLog.CutAtStop(services.Log, open.Count);
            foreach (var running in open.Values) running.Connection.Abort();
            await ended;
        }
        await limit.CancelAsync();
    }

    private bool TryTakePlace()
    {
        var limit = places.Allowed(services.Rules.Current.Options.MaxClients);
        if (Interlocked.Increment(ref taken) <= limit)
        {
            full = false;
            return true;
        }
        GiveBackPlace();
        if (!full) ListenerLog.Full(services.Log, limit);
        full = true; // told once, not for each client
        return false;
    }

    private void GiveBackPlace() => Interlocked.Decrement(ref taken);

    private void Run(ConnectionContext connection, ClientPeer peer, bool implicitTls)
    {
        var session = new SmtpSession(connection.Transport, peer, services, verbs);
        var begin = new TaskCompletionSource();
        open[session] = new Running(connection, RunAsync(session, connection, implicitTls, begin.Task));
        begin.SetResult();
        if (stopping) session.Wire.Stop();
    }

    private async Task RunAsync(SmtpSession session, ConnectionContext connection, bool implicitTls, Task begin)
    {
        await begin; // listed before it runs, so that a stop misses nobody
        await StepAsync(session, () => session.RunAsync(implicitTls));
        using (services.Clock.CreateTimer(static late => ((ConnectionContext)late!).Abort(), connection, GoodbyePatience, Timeout.InfiniteTimeSpan))
        {
            if (session.Wire.IsDeaf) connection.Abort();
            await StepAsync(session, () => session.DisposeAsync().AsTask());
            await StepAsync(session, () => connection.DisposeAsync().AsTask()); // waits until the client has taken everything
        }
        open.TryRemove(session, out _);
        GiveBackPlace();
    }

    /// <summary>Whatever one step meets, the next is done: nothing keeps a place.</summary>
    private async Task StepAsync(SmtpSession session, Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception surprise)
        {
            ListenerLog.SessionSurprised(services.Log, $"{session.Peer}", surprise);
        }
    }

    private sealed record Running(ConnectionContext Connection, Task Ended);
}

using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Postoffice.Smtp.Dialogue;
using Postoffice.Smtp.Verbs;

namespace Postoffice.Smtp.Listening;

/// <summary>Every session that is open: bounds their number, and ends them when the service stops.</summary>
internal sealed class OpenSessions(ListenerServices services)
{
    private readonly ConcurrentDictionary<SmtpSession, Running> open = new();
    private readonly VerbTable verbs = new(services);
    private readonly Places places = new(); // counted before the first session
    private int taken;
    private bool full;
    private volatile bool stopping;

    public int Count => Volatile.Read(ref taken);

    /// <summary>Takes a place for a session; <see cref="Run"/> gives it back when the session ends.</summary>
    public bool TryTakePlace()
    {
        var limit = places.Allowed(services.Rules.Current.Options.MaxClients);
        if (Interlocked.Increment(ref taken) <= limit)
        {
            full = false;
            return true;
        }
        Interlocked.Decrement(ref taken);
        if (!full) ListenerLog.Full(services.Log, limit);
        full = true; // told once, not for each client
        return false;
    }

    public void Run(ConnectionContext connection, ClientPeer peer, bool implicitTls)
    {
        var session = new SmtpSession(connection.Transport, peer, services, verbs);
        var begin = new TaskCompletionSource();
        open[session] = new Running(connection, RunAsync(session, connection, implicitTls, begin.Task));
        begin.SetResult();
        if (stopping) session.Wire.Stop();
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

    private async Task RunAsync(SmtpSession session, ConnectionContext connection, bool implicitTls, Task begin)
    {
        await begin; // listed before it runs, so that a stop misses nobody
        await Task.Yield();
        try
        {
            await session.RunAsync(implicitTls);
        }
        catch (Exception surprise)
        {
            ListenerLog.SessionSurprised(services.Log, $"{session.Peer}", surprise);
        }
        finally
        {
            await session.DisposeAsync();
            await connection.Transport.Input.CompleteAsync();
            await connection.Transport.Output.CompleteAsync();
            await connection.DisposeAsync();
            open.TryRemove(session, out _);
            Interlocked.Decrement(ref taken);
        }
    }

    private sealed record Running(ConnectionContext Connection, Task Ended);
}

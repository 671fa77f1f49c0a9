using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Postoffice.Store.Native;

namespace Postoffice.Store.Control;

/// <summary>
/// A service's control socket: anybody may connect, the kernel says who it is, and the rights decide. While another process of the same service
/// holds the name (a second runner that waits), this one waits for it. Trouble here never stops mail.
/// </summary>
public sealed class ControlServer : IAsyncDisposable
{
    private const int Backlog = 64;
    private const uint ForEverybody = 0x1B6; // 0666: SO_PEERCRED tells who calls
    private static readonly TimeSpan NameTakenWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TroubleWait = TimeSpan.FromMinutes(1);

    private readonly string path;
    private readonly ControlOptions options;
    private readonly ControlConversation conversation;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private readonly ControlPlaces places = new();
    private readonly HashSet<Task> open = [];
    private readonly Task running;

    private ControlServer(ControlOptions options, string name, ControlConversation conversation, TimeProvider clock, ILogger log)
    {
        (this.options, this.conversation, this.clock, this.log) = (options, conversation, clock, log);
        path = Path.Join(options.Directory, name);
        running = Task.Run(() => RunAsync(stop.Token));
    }

    /// <summary>Starts to answer; returns at once.</summary>
    /// <param name="name"><c>smtpd.sock</c> or <c>runner.sock</c>.</param>
    /// <param name="acts">Answers what is more than a look into the store; null in a service that delivers nothing.</param>
    public static ControlServer Start(
        ControlOptions options, string name, MailStore store, TimeProvider clock, ILogger log,
        Func<ControlRequest, ControlRights, CancellationToken, IAsyncEnumerable<ControlAnswer>>? acts = null) =>
        new(options, name, new ControlConversation(new StoreAnswers(store), acts, clock), clock, log);

    /// <summary>Closes the door; answers under way are cut off.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
    }

    private async Task RunAsync(CancellationToken ct)
    {
        try
        {
            while (true)
            {
                using var socket = TryBind(out var wait, out var reason);
                if (socket is not null) await AcceptAsync(socket, ct);
                if (reason is not null) StoreLog.ControlClosed(log, path, reason);
                await Task.Delay(wait, clock, ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            Task[] last;
            lock (gate) last = [.. open];
            await Task.WhenAll(last);
        }
    }

    /// <summary>Null when the name is another's, who may go, or the place cannot be used.</summary>
    private Socket? TryBind(out TimeSpan wait, out string? reason)
    {
        (wait, reason) = (NameTakenWait, null);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (SafeFile.TryStat(path, out var there))
            {
                if (!there.IsSocket) throw new IOException("is there and no socket: move it away");
                if (UnixSockets.IsAnswered(path)) return Closed(socket);
                Libc.Check(Libc.Unlink(path), path); // left by a process that is gone
            }
            socket.Bind(new UnixDomainSocketEndPoint(path));
            Libc.Check(Libc.Chmod(path, ForEverybody), path);
            socket.Listen(Backlog);
            return socket;
        }
        catch (Exception trouble) when (trouble is SocketException or IOException or ArgumentException)
        {
            (wait, reason) = (TroubleWait, UnixSockets.Reason(trouble)); // ArgumentException: the path is too long for a socket
            return Closed(socket);
        }
    }

    private static Socket? Closed(Socket socket)
    {
        socket.Dispose();
        return null;
    }

    private async Task AcceptAsync(Socket socket, CancellationToken ct)
    {
        try
        {
            while (true) Admit(await socket.AcceptAsync(ct), ct);
        }
        catch (SocketException trouble)
        {
            StoreLog.ControlClosed(log, path, trouble.Message); // out of descriptors, mostly: the name is bound again after a wait
        }
        finally
        {
            _ = Libc.Unlink(path); // ours; when it fails the next start finds a name nobody answers
        }
    }

    private void Admit(Socket client, CancellationToken ct)
    {
        try
        {
            var length = Marshal.SizeOf<Libc.PeerCredentials>();
            Libc.Check(Libc.GetPeerCredentials((int)client.Handle, Libc.SOL_SOCKET, Libc.SO_PEERCRED, out var who, ref length), path);
            if (places.TryTake(who.Uid, () => options.RightsOf(who.Uid).Everything)) Track(ServeAsync(client, who.Uid, ct));
            else client.Dispose();
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            client.Dispose(); // before we looked at it
        }
    }

    private async Task ServeAsync(Socket client, uint uid, CancellationToken ct)
    {
        try
        {
            await using var link = new NetworkStream(client, ownsSocket: true);
            await conversation.RunAsync(link, options.RightsOf(uid), ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The service stops: the caller sees an answer without an end.
        }
        catch (IOException trouble) when (trouble.InnerException is not SocketException)
        {
            StoreLog.ControlCutOff(log, path, uid, trouble.Message);
        }
        catch (IOException)
        {
            // The caller has gone: `mailq | head`.
        }
        catch (Exception surprise)
        {
            StoreLog.ControlSurprised(log, path, uid, surprise);
        }
        finally
        {
            places.Give(uid);
        }
    }

    private void Track(Task serving)
    {
        lock (gate) open.Add(serving);
        _ = serving.ContinueWith(
            done =>
            {
                lock (gate) open.Remove(done);
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}

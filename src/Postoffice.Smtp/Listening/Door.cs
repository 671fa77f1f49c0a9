using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Postoffice.Smtp.Dialogue;
using Postoffice.Store.Native;

namespace Postoffice.Smtp.Listening;

/// <summary>Accepts connections at one door and makes them sessions.</summary>
internal sealed class Door(BoundSocket bound, OpenSessions sessions, ListenerServices services, Func<Socket, ConnectionContext> connect)
{
    private const int AcceptsInARow = 16;
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(200);

    /// <summary>Until <paramref name="stop"/>.</summary>
    public async Task AcceptAsync(CancellationToken stop)
    {
        for (var accepted = 1; !stop.IsCancellationRequested; accepted++)
        {
            try
            {
                Admit(await bound.Socket.AcceptAsync(stop));
                // As long as somebody waits in the backlog, accepting never waits, and others would not have their turn.
                if (accepted % AcceptsInARow == 0) await services.LeaveSocketThread();
            }
            catch (SocketException failed)
            {
                // Out of descriptors, mostly: wait for one instead of asking in a circle. What waits in the backlog keeps waiting.
                ListenerLog.AcceptFailed(services.Log, failed.Message);
                await Task.Delay(PauseAfterFailure, services.Clock, CancellationToken.None);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Admit(Socket client)
    {
        try
        {
            var peer = PeerOf(bound, client);
            if (!bound.IsUnix) client.NoDelay = true;
            if (!sessions.TryRun(() => connect(client), peer, bound.Endpoint.Tls)) TurnAway(client);
        }
        catch (Exception failed)
        {
            client.Dispose();
            if (failed is SocketException or IOException or ObjectDisposedException) return; // gone before we looked at it
            ListenerLog.AdmissionSurprised(services.Log, bound.Name, failed); // and the door stays open for others
        }
    }

    /// <summary>The kind of our own socket decides: over TCP the kernel answers for credentials, too, and what it says is nobody's uid.</summary>
    /// <exception cref="SocketException">A client of the network has no address any more.</exception>
    internal static ClientPeer PeerOf(BoundSocket bound, Socket client)
    {
        if (!bound.IsUnix)
        {
            var remote = client.RemoteEndPoint as IPEndPoint ?? throw new SocketException((int)SocketError.NotConnected);
            return new ClientPeer(Policy.OwnAddresses.Plain(remote.Address), IsSubmissionPort: bound.Endpoint.Submission);
        }

        var length = 3 * sizeof(int);
        Libc.Check(Libc.GetPeerCredentials((int)client.Handle, Libc.SOL_SOCKET, Libc.SO_PEERCRED, out var who, ref length), "peer credentials");
        return new ClientPeer(null, LocalCaller.Of(who.Uid));
    }

    /// <summary>A short line fits the socket's own buffer, so nobody can make us wait here.</summary>
    private static void TurnAway(Socket client)
    {
        using (client)
        {
            client.Blocking = false;
            _ = client.Send(System.Text.Encoding.UTF8.GetBytes($"{Replies.TooBusy}\r\n"));
        }
    }
}

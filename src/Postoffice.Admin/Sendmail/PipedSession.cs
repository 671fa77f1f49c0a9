using System.Net.Sockets;
using System.Text;
using Postoffice.Store.Native;

namespace Postoffice.Admin.Sendmail;

/// <summary><c>sendmail -bs</c>: SMTP on standard input and output, carried to the submission socket octet by octet.</summary>
internal sealed class PipedSession(Screen screen)
{
    private const int ChunkOctets = 16 * 1024;

    /// <returns>0 when the listener said 221 last (C-CLI-45), 75 when there is none, else 1.</returns>
    public async Task<int> RunAsync(string socketPath, CancellationToken ct)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), ct);
        }
        catch (Exception nobody) when (nobody is SocketException or ArgumentException)
        {
            await screen.RawOutput.WriteAsync("421 4.3.2 The mail service does not run, try again later\r\n"u8.ToArray(), ct);
            screen.Complain("sendmail", $"{socketPath}: {UnixSockets.Reason(nobody)}. Start postoffice-smtpd.");
            return ExitCode.Temporary;
        }
        await using var link = new NetworkStream(socket);
        // Nobody waits for this one: when the listener has closed, the caller's next line may never come, and a read of a terminal cannot be ended.
        _ = SendAsync(socket, link, ct);
        return await ReceiveAsync(link, ct) ? ExitCode.Ok : 1;
    }

    private async Task SendAsync(Socket socket, NetworkStream link, CancellationToken ct)
    {
        try
        {
            await screen.Input.CopyToAsync(link, ChunkOctets, ct);
            socket.Shutdown(SocketShutdown.Send); // the listener sees the end of input and may still answer
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // The listener has closed: its last words, which the other direction carries, say why.
        }
    }

    /// <returns>Whether the last line began with 221.</returns>
    private async Task<bool> ReceiveAsync(NetworkStream link, CancellationToken ct)
    {
        var chunk = new byte[ChunkOctets];
        var line = new StringBuilder();
        var last = "";
        try
        {
            for (int read; (read = await link.ReadAsync(chunk, ct)) > 0;)
            {
                await screen.RawOutput.WriteAsync(chunk.AsMemory(0, read), ct);
                await screen.RawOutput.FlushAsync(ct);
                foreach (var octet in chunk.AsSpan(0, read))
                {
                    if (octet == '\n') (last, _) = (line.ToString(), line.Clear());
                    else if (line.Length < 3) line.Append((char)octet);
                }
            }
        }
        catch (IOException)
        {
            return false; // cut off: what was carried so far is all there is
        }
        return last == "221";
    }
}

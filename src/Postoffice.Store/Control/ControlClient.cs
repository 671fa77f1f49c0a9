using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Postoffice.Store.Native;

namespace Postoffice.Store.Control;

/// <summary>Asks a service over its control socket.</summary>
public sealed class ControlClient : IDisposable
{
    private const int MaxAnswerOctets = 16 << 20; // one fact of a message with very many recipients
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly string path;
    private readonly NetworkStream link;
    private readonly TimeProvider clock;
    private string Ended => $"{path}: the service ended before its answer did; it may have done what was asked.";

    private ControlClient(string path, NetworkStream link, TimeProvider clock)
    {
        this.path = path;
        this.link = link;
        this.clock = clock;
    }

    /// <summary>Connects within a few seconds.</summary>
    /// <returns>The client, or why there is none: what the system said.</returns>
    public static async Task<(ControlClient? Client, string Why)> ConnectAsync(string path, TimeProvider clock, CancellationToken ct)
    {
        try
        {
            var socket = await UnixSockets.ConnectAsync(path, Patience, clock, ct);
            return (new ControlClient(path, new NetworkStream(socket, ownsSocket: true), clock), "");
        }
        catch (Exception nobody) when (nobody is SocketException or ArgumentException)
        {
            return (null, $"{path}: {UnixSockets.Reason(nobody)}"); // ArgumentException: the path is too long for a socket
        }
    }

    /// <summary>Asks once; the answer ends with its <see cref="ControlEnd"/>.</summary>
    /// <exception cref="IOException">The service went away, fell silent or does not speak as it should.</exception>
    public async IAsyncEnumerable<ControlAnswer> AskAsync(ControlRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        var lines = new ControlLines(PipeReader.Create(link), MaxAnswerOctets, Silence, clock);
        await SendAsync(request, ct);
        while (await ReadAsync(lines, ct) is { } octets)
        {
            var answer = Parse(octets);
            yield return answer;
            if (answer.End is not null) yield break;
        }
        throw new IOException(Ended);
    }

    public void Dispose() => link.Dispose();

    private async Task SendAsync(ControlRequest request, CancellationToken ct)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(request, ControlJson.Lines.ControlRequest);
        try
        {
            await link.WriteAsync((byte[])[.. line, (byte)'\n'], ct);
        }
        catch (IOException trouble)
        {
            throw InWords(trouble);
        }
    }

    private async ValueTask<byte[]?> ReadAsync(ControlLines lines, CancellationToken ct)
    {
        try
        {
            return await lines.ReadAsync(ct);
        }
        catch (IOException trouble)
        {
            throw InWords(trouble);
        }
    }

    /// <summary>Trouble in words for who asked: he cannot know how far the service came.</summary>
    private IOException InWords(IOException trouble) => new(
        trouble.InnerException switch
        {
            SocketException => Ended,
            OperationCanceledException => $"{path}: the service was silent for {Silence.TotalSeconds} s; it stands still or has too much to do, and may still do what was asked.",
            _ => trouble.Message,
        },
        trouble);

    private static ControlAnswer Parse(byte[] line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ControlJson.Lines.ControlAnswer) ?? throw new IOException("the service answered null");
        }
        catch (JsonException unreadable)
        {
            throw new IOException($"the service's answer cannot be read: {unreadable.Message}", unreadable);
        }
    }
}

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

    /// <summary>Whoever has watched nothing happen for so long wonders.</summary>
    private static readonly TimeSpan Wonder = TimeSpan.FromSeconds(2);

    private readonly string path;
    private readonly NetworkStream link;
    private readonly TimeProvider clock;
    private readonly Action<string>? tell;
    private string Ended => $"{path}: the service ended before its answer did; it may have done what was asked.";

    private ControlClient(string path, NetworkStream link, TimeProvider clock, Action<string>? tell) =>
        (this.path, this.link, this.clock, this.tell) = (path, link, clock, tell);

    /// <summary>Connects within a few seconds.</summary>
    /// <param name="tell">Takes a sentence when the service keeps somebody waiting: what for, and how long at most.</param>
    /// <returns>The client, or why there is none: what the system said.</returns>
    public static async Task<(ControlClient? Client, string Why)> ConnectAsync(string path, TimeProvider clock, CancellationToken ct, Action<string>? tell = null)
    {
        try
        {
            var connecting = UnixSockets.ConnectAsync(path, Patience, clock, ct);
            if (tell is not null && await TakesLongAsync(connecting, clock)) tell($"{path}: waiting for a connection to the service, {Patience.TotalSeconds} s at most.");
            return (new ControlClient(path, new NetworkStream(await connecting, ownsSocket: true), clock, tell), "");
        }
        catch (Exception nobody) when (nobody is SocketException or ArgumentException)
        {
            return (null, $"{path}: {UnixSockets.Reason(nobody)}"); // ArgumentException: the path is too long for a socket
        }
    }

    /// <summary>
    /// Asks once; a service that keeps the asker waiting is told of once, but not in a conversation that has begun: there the peer is silent.
    /// The answer ends with its <see cref="ControlEnd"/>.
    /// </summary>
    /// <exception cref="IOException">The service went away, fell silent or does not speak as it should.</exception>
    public async IAsyncEnumerable<ControlAnswer> AskAsync(ControlRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        var lines = new ControlLines(PipeReader.Create(link), MaxAnswerOctets, Silence, clock);
        await SendAsync(request, ct);
        var isToTell = tell is not null;
        while (true)
        {
            var reading = ReadAsync(lines, ct);
            if (isToTell && await TakesLongAsync(reading, clock))
            {
                tell!($"{path}: waiting for the service to answer, {Silence.TotalSeconds} s at most.");
                isToTell = false;
            }
            if (await reading is not { } octets) break;
            var answer = Parse(octets);
            yield return answer;
            if (answer.End is not null) yield break;
            isToTell &= !request.Verbose;
        }
        throw new IOException(Ended);
    }

    public void Dispose() => link.Dispose();

    /// <summary>True when somebody wonders and it has not ended; false as soon as it has, however it ended.</summary>
    private static async Task<bool> TakesLongAsync(Task step, TimeProvider clock)
    {
        using var over = new CancellationTokenSource();
        var first = await Task.WhenAny(step, Task.Delay(Wonder, clock, over.Token));
        await over.CancelAsync();
        return first != step;
    }

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

    private async Task<byte[]?> ReadAsync(ControlLines lines, CancellationToken ct)
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

using System.Buffers;
using System.IO.Pipelines;

namespace Postoffice.Store.Control;

/// <summary>Lines of JSON off a control connection, each ended by LF, with a limit of size and one of silence.</summary>
internal sealed class ControlLines(PipeReader octets, int maxOctets, TimeSpan silence, TimeProvider clock)
{
    /// <summary>The next line without its LF; null at the end of the connection.</summary>
    /// <exception cref="IOException">The line is too long, or nothing came for too long.</exception>
    public async ValueTask<byte[]?> ReadAsync(CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(silence, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, ct);
        try
        {
            while (true)
            {
                var result = await octets.ReadAsync(either.Token);
                var buffer = result.Buffer;
                if (buffer.PositionOf((byte)'\n') is { } end)
                {
                    var line = buffer.Slice(0, end).ToArray();
                    octets.AdvanceTo(buffer.GetPosition(1, end));
                    return line.Length <= maxOctets ? line : throw TooLong();
                }
                if (buffer.Length > maxOctets) throw TooLong();
                octets.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted) return null;
            }
        }
        catch (OperationCanceledException late) when (deadline.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new IOException($"nothing came for {silence.TotalSeconds} s", late);
        }
    }

    private IOException TooLong() => new($"a line of more than {maxOctets} octets");
}

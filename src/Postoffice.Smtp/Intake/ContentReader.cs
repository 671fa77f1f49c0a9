using System.Buffers;
using Postoffice.Smtp.Dialogue;
using Postoffice.Store.Wire;

namespace Postoffice.Smtp.Intake;

/// <summary>Moves content from the wire into an intake, by DATA's framing or by BDAT's. Memory does not grow with the message.</summary>
/// <param name="content">Null to read past it.</param>
/// <param name="silence">The longest wait for more octets.</param>
/// <param name="deadline">For the whole of the message's content, however many chunks it comes in.</param>
internal sealed class ContentReader(SessionWire wire, ContentIntake? content, TimeSpan silence, Deadline deadline, TimeProvider clock)
{
    private const int Piece = 16 * 1024;

    /// <summary>Reads to the final dot, dots taken off (RFC 5321 §4.5.2).</summary>
    /// <returns><see cref="WireRead.Octets"/> when the end was seen.</returns>
    public async ValueTask<WireRead> ReadDottedAsync(DotUnstuffer dots)
    {
        var scratch = new PieceWriter(ArrayPool<byte>.Shared.Rent(Piece + 2));
        try
        {
            while (!dots.IsComplete)
            {
                var read = await AwaitOctetsAsync();
                if (read != WireRead.Octets) return read;
                var octets = wire.Buffer;
                var front = octets.Slice(0, Math.Min(octets.Length, Piece)); // unstuffed it grows by a CR held back at most
                var taken = dots.Read(front, scratch);
                if (content is not null) await content.TakeAsync(scratch.Written);
                scratch.Clear();
                var end = octets.GetPosition(taken);
                wire.Advance(end, end);
            }
            return WireRead.Octets;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch.Room);
        }
    }

    /// <summary>Reads exactly so many octets (RFC 3030 §2).</summary>
    /// <returns><see cref="WireRead.Octets"/> when all were there.</returns>
    public async ValueTask<WireRead> ReadCountedAsync(long count)
    {
        while (count > 0)
        {
            var read = await AwaitOctetsAsync();
            if (read != WireRead.Octets) return read;
            var octets = wire.Buffer.Slice(0, Math.Min(wire.Buffer.Length, count));
            foreach (var segment in octets)
            {
                if (content is null) break;
                content.Lines.Scan(segment.Span);
                await content.TakeAsync(segment);
            }
            count -= octets.Length;
            wire.Advance(octets.End, octets.End);
        }
        return WireRead.Octets;
    }

    private async ValueTask<WireRead> AwaitOctetsAsync()
    {
        if (deadline.Left(clock) <= TimeSpan.Zero) return WireRead.TimedOut;
        if (wire.TryRead()) return WireRead.Octets;
        wire.Allow(silence, deadline);
        return await wire.ReadAsync(untilStop: false);
    }

    /// <summary>Collects one piece in a buffer that is large enough for it.</summary>
    private sealed class PieceWriter(byte[] room) : IBufferWriter<byte>
    {
        private int filled;

        public byte[] Room => room;
        public ReadOnlyMemory<byte> Written => room.AsMemory(0, filled);
        public void Advance(int count) => filled += count;
        public void Clear() => filled = 0;
        public Memory<byte> GetMemory(int sizeHint = 0) => room.AsMemory(filled);
        public Span<byte> GetSpan(int sizeHint = 0) => room.AsSpan(filled);
    }
}

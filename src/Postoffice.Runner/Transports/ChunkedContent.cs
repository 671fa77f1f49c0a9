using System.Buffers;
using Postoffice.Runner.Pipelines;
using Postoffice.Store.Wire;

namespace Postoffice.Runner.Transports;

/// <summary>
/// A message in BDAT chunks (RFC 3030), for a peer that offers PIPELINING as well: counted octets need no 354 and no dots. Chunks go ahead of
/// their replies; only the last one waits until all others are taken, so that the reply behind it can be no other chunk's.
/// </summary>
internal sealed class ChunkedContent(ClientSession session, Stream message, PhasePipelines phases)
{
    /// <summary>Octets of a chunk, before bare line ends become CRLF.</summary>
    public const int ChunkOctets = 64 * 1024;

    private const int MaxRepliesDue = 16;

    /// <summary>Octets of the last chunk that <see cref="FinishAsync"/> sends: without them the peer does not have the message.</summary>
    private const int HeldBack = 2;

    private readonly ArrayBufferWriter<byte> chunk = new();
    private readonly CrLfWriter lines = new();

    /// <summary>Sends all but the end of the last chunk.</summary>
    /// <returns>Null when that is done; else the peer's refusal, or why the session is over. Then it does not have the message.</returns>
    /// <exception cref="OperationCanceledException">We are told to stop; the peer does not have the message.</exception>
    public async Task<Answer?> SendAsync(CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkOctets);
        try
        {
            while (true)
            {
                var count = await message.ReadAtLeastAsync(buffer.AsMemory(0, ChunkOctets), ChunkOctets, throwOnEndOfStream: false, ct);
                var isLast = count < ChunkOctets;
                lines.Write(buffer.AsSpan(0, count), chunk);
                if (isLast) lines.Finish(chunk);
                if (await HearAsync(isLast ? 0 : MaxRepliesDue - 1, ct) is { } refusal) return refusal;
                if (isLast) return await SendLastAsync(ct);

                session.Put($"BDAT {chunk.WrittenCount}");
                if (await session.SendAsync(chunk.WrittenMemory, phases.Content, ct) is { } broken) return broken;
                chunk.ResetWrittenCount();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Sends the rest and waits for the peer's word on the message. Once this was called, no answer means: perhaps it has it (RFC 1047).</summary>
    public Task<Answer> FinishAsync(CancellationToken ct) =>
        session.FinishAsync(chunk.WrittenMemory[HeadOctets..], phases.Dot, ct);

    private int HeadOctets => Math.Max(0, chunk.WrittenCount - HeldBack);

    private async Task<Answer?> SendLastAsync(CancellationToken ct)
    {
        if (session.ListenAhead() is { } early) return early;
        session.Put($"BDAT {chunk.WrittenCount} LAST");
        if (HeadOctets == 0) return await session.HeardAheadAsync(phases.Content, ct); // the command alone might be the end
        return await session.SendAsync(chunk.WrittenMemory[..HeadOctets], phases.Content, ct) ?? await session.HeardAheadAsync(phases.Content, ct);
    }

    /// <summary>Hears replies until no more than <paramref name="most"/> are due; null while every chunk was taken.</summary>
    private async Task<Answer?> HearAsync(int most, CancellationToken ct)
    {
        while (session.RepliesDue > most)
        {
            var answer = await session.NextAsync(phases.Content, ct);
            if (answer is not Answer.Said({ IsCompletion: true })) return answer;
        }
        return null;
    }
}

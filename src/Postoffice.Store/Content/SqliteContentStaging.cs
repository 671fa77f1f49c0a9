using System.Buffers;
using System.Security.Cryptography;
using Postoffice.Store.Mail;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Content;

/// <summary>Collects one chunk at a time; the first is written only when a second begins, so small content is one row of the acceptance.</summary>
internal sealed class SqliteContentStaging(Database database, QueueId message) : IContentStaging
{
    /// <summary>Octets of a chunk, and the most that rides in the acceptance.</summary>
    public const int ChunkSize = 128 * 1024;

    private const int FirstBuffer = 8 * 1024; // most mail is small
    private readonly IncrementalHash digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] buffer = [];
    private int filled;
    private int chunks;

    public long Length { get; private set; }

    public Memory<byte> GetMemory()
    {
        if (filled == buffer.Length) Grow();
        return buffer.AsMemory(filled, Math.Min(buffer.Length, ChunkSize) - filled);
    }

    public async ValueTask AdvanceAsync(int count, CancellationToken ct)
    {
        digest.AppendData(buffer, filled, count);
        filled += count;
        Length += count;
        if (filled == ChunkSize) await WriteChunkAsync(ct);
    }

    public async ValueTask<StagedContent> CompleteAsync(CancellationToken ct)
    {
        if (chunks > 0 && filled > 0) await WriteChunkAsync(ct);
        var inline = chunks == 0 ? buffer.AsMemory(0, filled) : default;
        return new StagedContent(message, Length, Convert.ToHexStringLower(digest.GetHashAndReset()), inline);
    }

    public async ValueTask DisposeAsync()
    {
        digest.Dispose();
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
        if (chunks == 0) return;
        // What an append has kept is not staged any more, and stays.
        while (await database.Writer.RunAsync(tx => ContentRows.RemoveSome(message, ContentRows.MostRemoved, tx), CancellationToken.None) == ContentRows.MostRemoved) { }
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length == 0 ? FirstBuffer : Math.Min(buffer.Length * 4, ChunkSize));
        buffer.AsSpan(0, filled).CopyTo(larger);
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }

    private async ValueTask WriteChunkAsync(CancellationToken ct)
    {
        var number = chunks;
        var octets = buffer.AsMemory(0, filled);
        await database.Writer.RunAsync(tx =>
        {
            ContentRows.Stage(message, number, octets, tx);
            return true;
        }, ct);
        chunks++;
        filled = 0;
    }
}

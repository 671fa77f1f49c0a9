using System.Buffers;
using Postoffice.Store.Mail;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Content;

/// <summary>Reads content a chunk at a time, each in a read transaction of its own: a slow reader holds no snapshot, so the WAL can shrink.</summary>
internal sealed class SqliteContentStream(Database database, QueueId message, long length) : Stream
{
    private byte[] chunk = [];
    private int filled;
    private int taken;
    private int next;
    private long position;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => length;

    public override long Position
    {
        get => position;
        set => throw new NotSupportedException("content is read from the first octet on");
    }

    public override int Read(Span<byte> buffer)
    {
        if (position == length || buffer.IsEmpty) return 0;
        if (taken == filled) LoadChunk();
        var count = Math.Min(buffer.Length, filled - taken);
        chunk.AsSpan(taken, count).CopyTo(buffer);
        taken += count;
        position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : ValueTask.FromResult(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("content is read from the first octet on");
    public override void SetLength(long value) => throw new NotSupportedException("content is never changed");
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("content is never changed");

    protected override void Dispose(bool disposing)
    {
        if (chunk.Length > 0) ArrayPool<byte>.Shared.Return(chunk);
        chunk = [];
        base.Dispose(disposing);
    }

    private void LoadChunk()
    {
        taken = 0;
        filled = 0;
        database.Read(tx =>
        {
            if (next == 0) tx.Each("SELECT octets FROM content WHERE queue_key = ?1 AND octets IS NOT NULL", Fill, message.Value);
            if (filled == 0) tx.Each("SELECT octets FROM content_chunk WHERE queue_key = ?1 AND number = ?2", Fill, message.Value, next);
            return true;
        });
        next++;
        if (filled == 0) throw new InvalidDataException($"{message}: content ends after {position} of {length} octets (purged meanwhile, or the store is damaged: run postoffice store check)");
    }

    private void Fill(Row row)
    {
        var octets = row.Blob(0);
        if (chunk.Length < octets.Length)
        {
            if (chunk.Length > 0) ArrayPool<byte>.Shared.Return(chunk);
            chunk = ArrayPool<byte>.Shared.Rent(octets.Length);
        }
        octets.CopyTo(chunk);
        filled = octets.Length;
    }
}

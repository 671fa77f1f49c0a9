using System.Buffers;
using Postoffice.Store.Content;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Transports;

/// <summary>A message as it leaves: header fields in front, then the content as it was received. Read once, from the first octet on.</summary>
internal sealed class MessageOctets : Stream
{
    private readonly Stream content;
    private ReadOnlyMemory<byte> header;

    private MessageOctets(ReadOnlyMemory<byte> header, Stream content)
    {
        this.header = header;
        this.content = content;
        Length = header.Length + content.Length;
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length { get; }

    public override long Position
    {
        get => throw new NotSupportedException("a message is read from its first octet on");
        set => throw new NotSupportedException("a message is read from its first octet on");
    }

    /// <param name="first">Fields that go before those decided at acceptance: a mailbox's Return-Path.</param>
    /// <returns>Null when the content is gone.</returns>
    public static async ValueTask<MessageOctets?> OpenAsync(
        IContentStore store, QueuedMessage message, IEnumerable<HeaderField> first, CancellationToken ct)
    {
        if (await store.OpenAsync(message.Id, ct) is not { } content) return null;
        var fields = new ArrayBufferWriter<byte>();
        foreach (var field in first) field.WriteTo(fields);
        foreach (var field in message.Headers?.Fields ?? []) field.WriteTo(fields);
        if (message.Headers is { HasHeader: false }) fields.Write("\r\n"u8); // the content is all body (RFC 5322 §2.1)
        return new MessageOctets(fields.WrittenMemory, content);
    }

    public override int Read(Span<byte> buffer)
    {
        if (header.IsEmpty) return content.Read(buffer);
        var count = Math.Min(buffer.Length, header.Length);
        header.Span[..count].CopyTo(buffer);
        header = header[count..];
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        header.IsEmpty ? content.ReadAsync(buffer, cancellationToken) : ValueTask.FromResult(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("a message is read from its first octet on");
    public override void SetLength(long value) => throw new NotSupportedException("a message is never changed");
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("a message is never changed");

    protected override void Dispose(bool disposing)
    {
        if (disposing) content.Dispose();
        base.Dispose(disposing);
    }
}

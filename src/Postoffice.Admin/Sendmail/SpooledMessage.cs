using System.Buffers;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;

namespace Postoffice.Admin.Sendmail;

/// <summary>The standard input was no message we can take.</summary>
internal sealed class UnusableMessageException(string message) : Exception(message);

/// <summary>
/// A whole message before anybody is told of it. cron starts sendmail with a job's first output and writes the last one hours later: no
/// listener waits so long. Up to <see cref="MaxInMemory"/> octets stay in memory, more go to an unlinked file of the caller's.
/// Kept whole it can also go to the drop directory when the listener ends in mid-message.
/// </summary>
internal sealed class SpooledMessage : IAsyncDisposable
{
    private const int MaxInMemory = 128 * 1024; // what outgrows it costs the collector more than the file does
    private const int ChunkOctets = 64 * 1024;
    private Stream content = new MemoryStream();

    private readonly Func<MessageHeader, HeaderField?> addition;

    private SpooledMessage(Func<MessageHeader, HeaderField?> addition) => this.addition = addition;

    public MessageHeader Header { get; private set; } = MessageHeader.Parse([]);

    /// <summary>Octets, canonical and without Bcc.</summary>
    public long Length => content.Length;

    /// <param name="input">Read to its end, however long that takes.</param>
    /// <param name="dotEnds">A line that holds only a dot ends it too.</param>
    /// <param name="addition">A field that the header still needs; null for none.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="UnusableMessageException">The header is longer than <see cref="MessageHeader.MaxOctets"/>.</exception>
    /// <exception cref="IOException">Reading failed, or no room is left for the file.</exception>
    public static async Task<SpooledMessage> ReadAsync(
        Stream input, bool dotEnds, Func<MessageHeader, HeaderField?> addition, CancellationToken ct)
    {
        var message = new SpooledMessage(addition);
        try
        {
            await message.FillAsync(input, new CanonicalContent(dotEnds), ct);
            return message;
        }
        catch
        {
            await message.DisposeAsync();
            throw;
        }
    }

    /// <summary>The content from its first octet, as often as it is asked for; one reader at a time.</summary>
    public Stream Open()
    {
        content.Position = 0;
        return content;
    }

    public ValueTask DisposeAsync() => content.DisposeAsync();

    private async Task FillAsync(Stream input, CanonicalContent canonical, CancellationToken ct)
    {
        var chunk = new byte[ChunkOctets];
        var waiting = new ArrayBufferWriter<byte>(ChunkOctets);
        var inHeader = true;
        for (var isAll = false; !isAll;)
        {
            var read = await input.ReadAsync(chunk, ct);
            canonical.Write(chunk.AsSpan(0, read), waiting);
            isAll = read == 0 || canonical.HasEnded;
            if (isAll) canonical.Finish(waiting);
            if (inHeader)
            {
                if (MessageHeader.LengthOf(waiting.WrittenSpan, isAll) is not { } length)
                {
                    if (waiting.WrittenCount <= MessageHeader.MaxOctets) continue;
                    throw new UnusableMessageException($"The header is longer than {MessageHeader.MaxOctets} octets.");
                }
                inHeader = false;
                waiting = TakeHeader(waiting, length);
            }
            await KeepAsync(waiting.WrittenMemory, ct);
            waiting.ResetWrittenCount();
        }
        await content.FlushAsync(ct);
    }

    private ArrayBufferWriter<byte> TakeHeader(ArrayBufferWriter<byte> octets, int length)
    {
        Header = MessageHeader.Parse(octets.WrittenSpan[..length]);
        var kept = new ArrayBufferWriter<byte>(Math.Max(octets.WrittenCount, ChunkOctets));
        var body = octets.WrittenSpan[length..];
        if (addition(Header) is { } field)
        {
            field.WriteTo(kept);
            if (length == 0 && !body.StartsWith("\r\n"u8)) kept.Write("\r\n"u8); // the message had no header, not even an empty one
        }
        Header.WriteTo(kept);
        kept.Write(body);
        return kept;
    }

    private async Task KeepAsync(ReadOnlyMemory<byte> octets, CancellationToken ct)
    {
        if (content is MemoryStream memory && memory.Length + octets.Length > MaxInMemory)
        {
            content = OpenUnlinked();
            memory.Position = 0;
            await memory.CopyToAsync(content, ct);
            await memory.DisposeAsync();
        }
        await content.WriteAsync(octets, ct);
    }

    private static FileStream OpenUnlinked()
    {
        // Random bits of the system: asking RandomNumberGenerator for them would load all of OpenSSL, 3.6 MB, into a program that needs it for nothing.
        var path = Path.Join(Path.GetTempPath(), $"postoffice-{Guid.NewGuid():N}");
        var file = SafeFile.Open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL);
        Libc.Check(Libc.Unlink(path), path);
        return new FileStream(file, FileAccess.ReadWrite, bufferSize: 0);
    }
}

using System.Text;
using MimeKit;
using Postoffice.Runner.Transports;
using Postoffice.Store.Content;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Bounces;

/// <summary>
/// The message a notification is about, as its last part: whole as message/rfc822, its octets as they came and never in memory, or its header
/// as text/rfc822-headers (RFC 6522 §4). A message of SMTPUTF8 goes as message/global and message/global-headers (RFC 6533 §4, §5).
/// </summary>
internal sealed class ReturnedOriginal : IAsyncDisposable
{
    private const int MaxHeaderOctets = 32 * 1024;
    private const int BufferOctets = 32 * 1024;
    private const int MaxLineOctets = 998; // RFC 5322 §2.1.1

    private readonly Stream? whole;

    private ReturnedOriginal(MimePart part, Stream? whole, bool isEightBit) => (Part, this.whole, IsEightBit) = (part, whole, isEightBit);

    /// <summary>The part's header, and its body when that is short.</summary>
    public MimePart Part { get; }

    /// <summary>Whether all of the message is returned.</summary>
    public bool IsWhole => whole is not null;

    /// <summary>Whether it has octets beyond seven bits: they stay as they are.</summary>
    public bool IsEightBit { get; }

    /// <param name="isWhole">Asks for all of it; else its header.</param>
    /// <returns>Null when it cannot be read any more.</returns>
    public static async ValueTask<ReturnedOriginal?> OpenAsync(IContentStore store, QueuedMessage message, bool isWhole, CancellationToken ct)
    {
        try
        {
            return isWhole ? await WholeAsync(store, message, ct) : await HeaderAsync(store, message, ct);
        }
        catch (InvalidDataException)
        {
            return null; // damaged
        }
    }

    /// <summary>Writes what <see cref="Part"/> leaves out.</summary>
    public async ValueTask WriteToAsync(IContentStaging staging, CancellationToken ct)
    {
        if (whole is null) return;
        await staging.WriteAsync("\r\n"u8.ToArray(), ct); // ends the part's header
        var buffer = new byte[BufferOctets];
        while (await whole.ReadAsync(buffer, ct) is > 0 and var count) await staging.WriteAsync(buffer.AsMemory(0, count), ct);
    }

    public ValueTask DisposeAsync() => whole?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static async ValueTask<ReturnedOriginal?> WholeAsync(IContentStore store, QueuedMessage message, CancellationToken ct)
    {
        var isEightBit = await IsEightBitAsync(store, message, ct);
        if (await MessageOctets.OpenAsync(store, message, [], ct) is not { } whole) return null;
        var part = new MimePart("message", isEightBit && message.Accepted.SmtpUtf8 ? "global" : "rfc822")
        {
            ContentTransferEncoding = isEightBit ? ContentEncoding.EightBit : ContentEncoding.SevenBit,
        };
        return new ReturnedOriginal(part, whole, isEightBit);
    }

    /// <summary>Read to its end whatever comes: what is damaged must show before anything of it is written.</summary>
    private static async ValueTask<bool> IsEightBitAsync(IContentStore store, QueuedMessage message, CancellationToken ct)
    {
        if (await MessageOctets.OpenAsync(store, message, [], ct) is not { } original) return false;
        await using (original)
        {
            var buffer = new byte[BufferOctets];
            var isEightBit = false;
            while (await original.ReadAsync(buffer, ct) is > 0 and var count) isEightBit |= !Ascii.IsValid(buffer.AsSpan(0, count));
            return isEightBit;
        }
    }

    private static async ValueTask<ReturnedOriginal?> HeaderAsync(IContentStore store, QueuedMessage message, CancellationToken ct)
    {
        if (await MessageOctets.OpenAsync(store, message, [], ct) is not { } original) return null;
        await using (original)
        {
            var octets = new byte[(int)Math.Min(original.Length, MaxHeaderOctets)];
            await original.ReadExactlyAsync(octets, ct);
            return HeaderOnly(message, HeaderOf(octets));
        }
    }

    private static ReturnedOriginal HeaderOnly(QueuedMessage message, byte[] header)
    {
        // Seven bits survive any path a notification takes; what is not ASCII in a header that may not have it is nobody's to interpret here.
        var isAscii = Ascii.IsValid(header);
        var isGlobal = !isAscii && message.Accepted.SmtpUtf8;
        if (!isAscii && !isGlobal)
        {
            foreach (ref var octet in header.AsSpan())
            {
                if (octet > 0x7F) octet = (byte)'?';
            }
        }
        var part = isGlobal
            ? new MimePart("message", "global-headers") { ContentTransferEncoding = ContentEncoding.QuotedPrintable }
            : new MimePart("text", "rfc822-headers");
        part.Content = new MimeContent(isGlobal ? new MemoryStream(header) : Folded(header));
        return new ReturnedOriginal(part, whole: null, isEightBit: false);
    }

    /// <summary>Lines over the limit are folded where they reach it: not every server on the way takes them as they are.</summary>
    /// <param name="header">In ASCII.</param>
    private static MemoryStream Folded(ReadOnlySpan<byte> header)
    {
        var folded = new MemoryStream(header.Length);
        while (!header.IsEmpty)
        {
            var end = header.IndexOf("\r\n"u8) + "\r\n".Length;
            var line = header[..end];
            header = header[end..];
            for (var room = MaxLineOctets; line.Length - "\r\n".Length > room; room = MaxLineOctets - 1)
            {
                folded.Write(line[..room]);
                folded.Write("\r\n "u8);
                line = line[room..];
            }
            folded.Write(line);
        }
        folded.Position = 0;
        return folded;
    }

    /// <summary>Up to the empty line; a header longer than what was read ends with its last whole line.</summary>
    private static byte[] HeaderOf(ReadOnlySpan<byte> octets)
    {
        if (octets.StartsWith("\r\n"u8)) return []; // no header, and what follows is the body's
        var end = octets.IndexOf("\r\n\r\n"u8);
        if (end < 0) end = octets.LastIndexOf("\r\n"u8);
        return end < 0 ? [] : octets[..(end + "\r\n".Length)].ToArray();
    }
}

using System.Text;
using MimeKit;
using Postoffice.Runner.Transports;
using Postoffice.Store.Content;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Bounces;

/// <summary>The header of the message that failed, as text/rfc822-headers (RFC 6522 §4): so much of it as tells the sender which message it was.</summary>
internal static class OriginalHeader
{
    private const int MaxOctets = 32 * 1024;

    public static async ValueTask<MimePart> ReadAsync(IContentStore store, QueuedMessage message, CancellationToken ct)
    {
        var octets = Array.Empty<byte>();
        if (await MessageOctets.OpenAsync(store, message, [], ct) is { } original)
        {
            await using (original)
            {
                octets = new byte[(int)Math.Min(original.Length, MaxOctets)];
                await original.ReadExactlyAsync(octets, ct);
            }
        }
        return new MimePart("text", "rfc822-headers") { Content = new MimeContent(new MemoryStream(HeaderOf(octets))) };
    }

    /// <summary>Up to the empty line; a header longer than what was read ends with its last whole line.</summary>
    private static byte[] HeaderOf(ReadOnlySpan<byte> octets)
    {
        var end = octets.IndexOf("\r\n\r\n"u8);
        if (end < 0) end = octets.LastIndexOf("\r\n"u8);
        if (end < 0) return [];
        var header = octets[..(end + "\r\n".Length)];

        // Seven bits survive any path a notification takes; what is not ASCII in a header is nobody's to interpret here.
        if (Ascii.IsValid(header)) return header.ToArray();
        var copy = header.ToArray();
        foreach (ref var octet in copy.AsSpan())
        {
            if (octet > 0x7F) octet = (byte)'?';
        }
        return copy;
    }
}

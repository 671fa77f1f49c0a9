using System.Buffers;
using System.Text;

namespace Postoffice.Runner.Transports;

/// <summary>Where a message has octets above 127.</summary>
internal enum EightBit
{
    Nowhere,

    /// <summary>In the body only: 8BITMIME is enough (RFC 6152).</summary>
    Body,

    /// <summary>In the header, and perhaps in the body.</summary>
    Header,
}

/// <summary>Looks for octets above 127: reads a message to its end at most, so it is for peers that do not take them.</summary>
internal static class EightBitScan
{
    private const int Block = 64 * 1024;

    private static ReadOnlySpan<byte> HeaderEnd => "\r\n\r\n"u8;

    /// <exception cref="Store.Log.StoreUnavailableException">The content cannot be read now.</exception>
    public static async Task<EightBit> OfAsync(Stream message, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Block);
        try
        {
            var matched = "\r\n".Length; // of the header's end: a message may begin with it
            for (int count; (count = await message.ReadAsync(buffer.AsMemory(0, Block), ct)) > 0;)
            {
                var at = HeaderOctets(buffer.AsSpan(0, count), ref matched);
                if (!Ascii.IsValid(buffer.AsSpan(0, at))) return EightBit.Header;
                if (!Ascii.IsValid(buffer.AsSpan(at, count - at))) return EightBit.Body;
            }
            return EightBit.Nowhere;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>How many of the octets belong to the header, with the empty line behind it.</summary>
    private static int HeaderOctets(ReadOnlySpan<byte> octets, ref int matched)
    {
        var at = 0;
        while (at < octets.Length && matched < HeaderEnd.Length)
        {
            var octet = octets[at++];
            matched = octet == HeaderEnd[matched] ? matched + 1 : octet == '\r' ? 1 : 0;
        }
        return at;
    }
}

using System.Buffers.Binary;

namespace Postoffice.Runner.Deliverer.Protocol;

/// <summary>
/// A frame: length of the payload (32 bits, little-endian), kind (8), number of the call (32), payload.
/// </summary>
internal static class Frame
{
    public const int HeaderLength = 9;

    /// <summary>Octets of a payload at most.</summary>
    public const int MaxPayload = 64 * 1024;

    /// <summary>Content octets of one frame at most: each of the deliverer's threads keeps buffers of this size, so it is small.</summary>
    public const int MaxContent = 16 * 1024;

    /// <summary>Content octets of one delivery that may be under way unacknowledged: what a stalled delivery costs in memory.</summary>
    public const int Window = 2 * MaxPayload;

    /// <summary>Deliveries between their first frame and their last; more is a violation of the protocol.</summary>
    public const int MaxInFlight = 128;

    public static void WriteHeader(Span<byte> header, FrameKind kind, uint call, int length)
    {
        BinaryPrimitives.WriteInt32LittleEndian(header, length);
        header[4] = (byte)kind;
        BinaryPrimitives.WriteUInt32LittleEndian(header[5..], call);
    }

    /// <exception cref="InvalidDataException">The length is out of range.</exception>
    public static (FrameKind Kind, uint Call, int Length) ReadHeader(ReadOnlySpan<byte> header)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (length is < 0 or > MaxPayload) throw new InvalidDataException($"a frame of {length} octets");
        return ((FrameKind)header[4], BinaryPrimitives.ReadUInt32LittleEndian(header[5..]), length);
    }
}

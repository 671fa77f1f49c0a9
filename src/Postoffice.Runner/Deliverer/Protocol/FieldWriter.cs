using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Postoffice.Runner.Deliverer.Protocol;

/// <summary>Builds one frame: header space first, then fields one after the other.</summary>
internal sealed class FieldWriter
{
    private readonly ArrayBufferWriter<byte> frame = new(256);

    public FieldWriter() => frame.Advance(Frame.HeaderLength);

    public FieldWriter Number(long value)
    {
        Span<byte> octets = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(octets, value);
        frame.Write(octets);
        return this;
    }

    /// <summary>UTF-8 behind its length (16 bits).</summary>
    public FieldWriter Text(string value)
    {
        var octets = Encoding.UTF8.GetBytes(value);
        Span<byte> length = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(length, checked((ushort)octets.Length));
        frame.Write(length);
        frame.Write(octets);
        return this;
    }

    /// <exception cref="ArgumentException">The fields do not fit into one frame.</exception>
    public byte[] Finish(FrameKind kind, uint call)
    {
        var payload = frame.WrittenCount - Frame.HeaderLength;
        if (payload > Frame.MaxPayload) throw new ArgumentException($"{kind}: {payload} octets do not fit into one frame");
        var whole = frame.WrittenSpan.ToArray();
        Frame.WriteHeader(whole, kind, call, payload);
        return whole;
    }
}

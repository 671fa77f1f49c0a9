using System.Buffers.Binary;
using System.Text;

namespace Postoffice.Runner.Deliverer.Protocol;

/// <summary>Takes the fields of one frame; whatever does not fit exactly is a violation of the protocol.</summary>
internal ref struct FieldReader(ReadOnlySpan<byte> payload)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> rest = payload;

    /// <exception cref="InvalidDataException">Not there, or out of range.</exception>
    public long Number(long min = 0, long max = long.MaxValue)
    {
        var value = BinaryPrimitives.ReadInt64LittleEndian(Take(8));
        return value >= min && value <= max ? value : throw new InvalidDataException($"number {value} is not between {min} and {max}");
    }

    /// <exception cref="InvalidDataException">Not there, too long, or not UTF-8.</exception>
    public string Text(int maxOctets)
    {
        var length = BinaryPrimitives.ReadUInt16LittleEndian(Take(2));
        if (length > maxOctets) throw new InvalidDataException($"text of {length} octets, limit {maxOctets}");
        try
        {
            return Strict.GetString(Take(length));
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException("text is not UTF-8", e);
        }
    }

    /// <exception cref="InvalidDataException">Something is left.</exception>
    public readonly void End()
    {
        if (rest.Length > 0) throw new InvalidDataException($"{rest.Length} octets too many");
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (rest.Length < length) throw new InvalidDataException("frame is too short");
        var taken = rest[..length];
        rest = rest[length..];
        return taken;
    }
}

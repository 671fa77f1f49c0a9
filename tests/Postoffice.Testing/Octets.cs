using System.Buffers;
using System.Text;

namespace Postoffice.Testing;

/// <summary>Octets as a pipe hands them over: in segments that have nothing to do with lines.</summary>
public static class Octets
{
    /// <summary>One octet a character: <c>"\r\n\0\u00E9"</c> is 0D 0A 00 E9.</summary>
    public static byte[] Of(string latin1) => Encoding.Latin1.GetBytes(latin1);

    /// <summary>The octets in one segment for each piece.</summary>
    public static ReadOnlySequence<byte> InPieces(IEnumerable<byte[]> pieces)
    {
        Segment? first = null, last = null;
        foreach (var piece in pieces)
        {
            last = new Segment(piece, last);
            first ??= last;
        }

        return first is null ? ReadOnlySequence<byte>.Empty : new(first, 0, last!, last!.Memory.Length);
    }

    /// <summary>The octets in segments of <paramref name="size"/>, the last one perhaps shorter.</summary>
    public static ReadOnlySequence<byte> InPieces(byte[] octets, int size) => InPieces(octets.Chunk(size));

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] octets, Segment? before)
        {
            Memory = octets;
            if (before is null) return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}

using System.Buffers;

namespace Postoffice.Store.Wire;

/// <summary>
/// Writes content as BDAT sends it (RFC 3030 §2): octets as they are, every line with CRLF at its end, the last one too. A bare CR or LF,
/// should one have come in, leaves as CRLF: the next server may pass it on with dots. The octets may come in any pieces.
/// </summary>
public sealed class CrLfWriter
{
    private bool afterCr;
    private bool atLineStart = true;

    /// <summary>Writes the next octets of the content; a CR at their end waits for the next ones.</summary>
    public void Write(ReadOnlySpan<byte> octets, IBufferWriter<byte> wire)
    {
        ArgumentNullException.ThrowIfNull(wire);
        while (!octets.IsEmpty)
        {
            if (afterCr)
            {
                EndLine(wire);
                if (octets[0] == '\n') octets = octets[1..];
                continue;
            }

            var end = octets.IndexOfAny((byte)'\r', (byte)'\n');
            var text = end < 0 ? octets : octets[..end];
            wire.Write(text);
            if (!text.IsEmpty) atLineStart = false;
            if (end < 0) return;
            if (octets[end] == '\r') afterCr = true;
            else EndLine(wire);
            octets = octets[(end + 1)..];
        }
    }

    /// <summary>Ends the last line if the content did not.</summary>
    public void Finish(IBufferWriter<byte> wire)
    {
        ArgumentNullException.ThrowIfNull(wire);
        if (afterCr || !atLineStart) EndLine(wire);
    }

    private void EndLine(IBufferWriter<byte> wire)
    {
        wire.Write("\r\n"u8);
        (afterCr, atLineStart) = (false, true);
    }
}

using System.Buffers;

namespace Postoffice.Store.Wire;

/// <summary>
/// Writes content as DATA sends it (RFC 5321 §4.5.2): a dot that begins a line is doubled, every line ends in CRLF, and
/// <see cref="Finish"/> ends it all with CRLF "." CRLF. A bare CR or LF, should one have come in, leaves as CRLF: what we
/// send no peer can take for two messages. The octets may come in any pieces.
/// </summary>
public sealed class DotStuffer
{
    private bool afterCr;
    private bool atLineStart = true;

    /// <summary>Writes the next octets of the content.</summary>
    public void Write(ReadOnlySpan<byte> octets, IBufferWriter<byte> wire)
    {
        ArgumentNullException.ThrowIfNull(wire);
        if (octets.IsEmpty) return;

        var at = 0;
        if (afterCr)
        {
            afterCr = false;
            if (octets[0] == '\n') at = 1;
            EndLine(wire);
        }

        var unwritten = at; // octets from here to 'at' go out as they are, in one piece
        while (at < octets.Length)
        {
            if (atLineStart && octets[at] == '.')
            {
                wire.Write(octets[unwritten..at]);
                wire.Write("."u8);
                unwritten = at;
            }

            atLineStart = false;
            var found = octets[at..].IndexOfAny((byte)'\r', (byte)'\n');
            if (found < 0) break;

            at += found;
            if (octets[at] == '\r' && at + 1 < octets.Length && octets[at + 1] == '\n')
            {
                at += 2;
                atLineStart = true;
                continue;
            }

            wire.Write(octets[unwritten..at]);
            unwritten = ++at;
            if (octets[at - 1] == '\r' && at == octets.Length) afterCr = true; // the next octet may be its LF
            else EndLine(wire);
        }

        wire.Write(octets[unwritten..]);
    }

    /// <summary>Writes the next octets of the content.</summary>
    public void Write(in ReadOnlySequence<byte> octets, IBufferWriter<byte> wire)
    {
        foreach (var segment in octets) Write(segment.Span, wire);
    }

    /// <summary>Ends the last line if the content did not, and the content.</summary>
    public void Finish(IBufferWriter<byte> wire)
    {
        ArgumentNullException.ThrowIfNull(wire);
        if (afterCr || !atLineStart) EndLine(wire);
        afterCr = false;
        wire.Write(".\r\n"u8);
    }

    private void EndLine(IBufferWriter<byte> wire)
    {
        wire.Write("\r\n"u8);
        atLineStart = true;
    }
}

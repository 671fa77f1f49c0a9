using System.Buffers;

namespace Postoffice.Store.Wire;

/// <summary>What stands at the front of a buffer.</summary>
public enum LineRead
{
    /// <summary>A line that ends in CRLF.</summary>
    Whole,

    /// <summary>The beginning of a line, nothing wrong with it so far: wait for more octets.</summary>
    Incomplete,

    /// <summary>No CRLF within the limit.</summary>
    TooLong,

    /// <summary>A CR without LF behind it.</summary>
    BareCr,

    /// <summary>An LF without CR before it.</summary>
    BareLf,

    /// <summary>A NUL.</summary>
    Nul,
}

/// <summary>
/// Cuts lines off a buffer. Only CRLF ends a line (RFC 5321 §2.3.8): a bare CR or LF is a defect that is told, never a
/// line end and never repaired. After a defect the session answers 500 and goes on behind the next true CRLF, by
/// <see cref="TrySkip"/>; so one broken line is one refusal.
/// </summary>
public static class LineReader
{
    private static ReadOnlySpan<byte> CrLf => "\r\n"u8;

    private static ReadOnlySpan<byte> Notable => "\r\n\0"u8;

    /// <summary>Cuts one line off the front of <paramref name="buffer"/>, without its CRLF.</summary>
    /// <param name="buffer">Octets received; looked at up to the limit, so a call costs no more than that.</param>
    /// <param name="maxOctets">Limit with CRLF: 512 for a command, 1000 for text (RFC 5321 §4.5.3.1.4, §4.5.3.1.6).</param>
    /// <param name="line">The line; empty unless whole.</param>
    /// <returns>The first defect, if there is one. Only <see cref="LineRead.Whole"/> sets <paramref name="line"/> and moves the buffer.</returns>
    public static LineRead TryRead(ref ReadOnlySequence<byte> buffer, int maxOctets, out ReadOnlySequence<byte> line)
    {
        line = default;
        var visible = buffer.Length > maxOctets ? buffer.Slice(0, maxOctets) : buffer;
        var reader = new SequenceReader<byte>(visible);
        var unfinished = visible.Length == maxOctets ? LineRead.TooLong : LineRead.Incomplete;

        if (!reader.TryAdvanceToAny(Notable, advancePastDelimiter: false)) return unfinished;
        var end = reader.Position;
        reader.TryRead(out var found);
        if (found == 0) return LineRead.Nul;
        if (found == '\n') return LineRead.BareLf;
        if (!reader.TryRead(out var next)) return unfinished;
        if (next != '\n') return LineRead.BareCr;

        line = visible.Slice(0, end);
        buffer = buffer.Slice(reader.Position);
        return LineRead.Whole;
    }

    /// <summary>Drops octets up to and with the next CRLF; without one, all but a last CR.</summary>
    /// <param name="buffer">Octets received.</param>
    /// <param name="dropped">Octets dropped by this call: the caller adds them up and ends the session at its limit.</param>
    /// <returns>Whether the CRLF was found; if not, call again with what comes next.</returns>
    public static bool TrySkip(ref ReadOnlySequence<byte> buffer, out long dropped)
    {
        var before = buffer.Length;
        var reader = new SequenceReader<byte>(buffer);
        var found = reader.TryReadTo(out ReadOnlySequence<byte> _, CrLf, advancePastDelimiter: true);
        if (found) buffer = buffer.Slice(reader.Position);
        else if (before > 0) buffer = buffer.Slice(before - (buffer.Slice(before - 1).FirstSpan[0] == '\r' ? 1 : 0));

        dropped = before - buffer.Length;
        return found;
    }
}

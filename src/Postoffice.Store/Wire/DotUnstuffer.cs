using System.Buffers;

namespace Postoffice.Store.Wire;

/// <summary>
/// Reads the content of DATA (RFC 5321 §4.5.2): takes the dot off lines that begin with one and finds the end. Only
/// CRLF "." CRLF ends the content, or "." CRLF as its first line; every look-alike is content with a defect, so that two
/// programs never disagree where a message ends. The octets may come in any pieces.
/// </summary>
/// <remarks>Content with <see cref="Defects"/> is refused behind its true end; what was written of it is not for use.</remarks>
/// <param name="maxLineOctets">Longest line with its CRLF, not counting a dot taken off (RFC 5321 §4.5.3.1.6).</param>
public sealed class DotUnstuffer(int maxLineOctets = ContentScanner.DefaultMaxLineOctets)
{
    private LineScan scan = new(maxLineOctets);
    private State state = State.LineStart;

    private enum State
    {
        LineStart,
        Text,
        Dot,   // a dot began the line and was not written
        DotCr, // and a CR came behind it, not written either
        Ended,
    }

    /// <summary>What was found so far; judge it when <see cref="IsComplete"/>.</summary>
    public ContentDefects Defects => scan.Defects;

    /// <summary>The end of the content was read.</summary>
    public bool IsComplete => state == State.Ended;

    /// <summary>Octets of content so far, CRLFs included, dots taken off.</summary>
    public long ContentOctets { get; private set; }

    /// <summary>Takes the next octets.</summary>
    /// <param name="octets">What came; nothing is taken behind the end.</param>
    /// <param name="content">Gets the content; null to go on reading to the end without storing.</param>
    /// <returns>Octets taken: all of them, unless the content ended before. What is left belongs to the dialogue.</returns>
    public int Read(ReadOnlySpan<byte> octets, IBufferWriter<byte>? content)
    {
        var at = 0;
        var unwritten = 0; // content from here to 'at' is still to be written, in one piece
        while (at < octets.Length && state != State.Ended)
        {
            switch (state)
            {
                case State.LineStart when octets[at] == '.':
                    Write(octets[unwritten..at], content);
                    unwritten = ++at;
                    state = State.Dot;
                    break;
                case State.Dot when octets[at] == '\r':
                    unwritten = ++at;
                    state = State.DotCr;
                    break;
                case State.DotCr when octets[at] == '\n':
                    unwritten = ++at;
                    state = State.Ended;
                    break;
                case State.DotCr:
                    Write("\r"u8, content);
                    scan.PushCr();
                    state = State.Text;
                    break;
                default:
                    at += scan.Line(octets[at..], out var ended);
                    state = ended ? State.LineStart : State.Text;
                    break;
            }
        }

        Write(octets[unwritten..at], content);
        return at;
    }

    /// <summary>Takes the next octets.</summary>
    /// <param name="octets">What came.</param>
    /// <param name="content">Gets the content; null to go on reading without storing.</param>
    /// <returns>Octets taken, counted from the front of <paramref name="octets"/>.</returns>
    public long Read(in ReadOnlySequence<byte> octets, IBufferWriter<byte>? content)
    {
        long taken = 0;
        foreach (var segment in octets)
        {
            taken += Read(segment.Span, content);
            if (IsComplete) break;
        }

        return taken;
    }

    private void Write(ReadOnlySpan<byte> octets, IBufferWriter<byte>? content)
    {
        if (octets.IsEmpty) return;
        ContentOctets += octets.Length;
        content?.Write(octets);
    }
}

using System.Buffers;

namespace Postoffice.Store.Wire;

/// <summary>
/// Looks for defects in content that is counted out, not dotted: BDAT (RFC 3030 §2), submission by a local program. The
/// octets may come in any pieces; the scanner keeps no copy of them.
/// </summary>
/// <param name="maxLineOctets">Longest line with its CRLF.</param>
public sealed class ContentScanner(int maxLineOctets = ContentScanner.DefaultMaxLineOctets)
{
    /// <summary>Limit of a text line with its CRLF (RFC 5321 §4.5.3.1.6).</summary>
    public const int DefaultMaxLineOctets = 1_000;

    private LineScan scan = new(maxLineOctets);

    /// <summary>What was found so far.</summary>
    public ContentDefects Defects => scan.Defects;

    /// <summary>Whether the content so far is empty or ends in CRLF.</summary>
    public bool IsAtLineStart => scan.IsAtLineStart;

    /// <summary>Looks at the next octets.</summary>
    public void Scan(ReadOnlySpan<byte> octets)
    {
        while (!octets.IsEmpty) octets = octets[scan.Line(octets, out _)..];
    }

    /// <summary>Looks at the next octets.</summary>
    public void Scan(in ReadOnlySequence<byte> octets)
    {
        foreach (var segment in octets) Scan(segment.Span);
    }

    /// <summary>The content ends here: a CR that still waited for its LF was bare.</summary>
    public void Finish() => scan.Finish();
}

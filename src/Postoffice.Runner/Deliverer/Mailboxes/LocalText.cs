namespace Postoffice.Runner.Deliverer.Mailboxes;

/// <summary>
/// Turns a message on the wire (CRLF line ends) into one on disk (LF), piece by piece. For mbox it also puts <c>&gt;</c> before every
/// line that is <c>From </c> behind any number of <c>&gt;</c> (the mboxrd rule, which a reader can undo), whatever piece it is cut by.
/// A bare CR stays: changing it would break signatures.
/// </summary>
internal sealed class LocalText(bool quotesFrom)
{
    private static ReadOnlySpan<byte> Postmark => "From "u8;

    private bool returnHeld;
    private bool lineStart = true;
    private int matched; // octets of "From " held back at the start of a line; '>' before them are already written

    /// <summary>Octets that <see cref="Convert"/> may write for so many read.</summary>
    public static int MaxOutput(int input) => input + input / 5 + 16;

    /// <summary>Whether the last octet written was a line end (also true when nothing was).</summary>
    public bool EndsLine { get; private set; } = true;

    /// <summary>Converts one piece.</summary>
    /// <returns>Octets written to <paramref name="output"/>.</returns>
    public int Convert(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var written = 0;
        foreach (var octet in input)
        {
            if (returnHeld)
            {
                returnHeld = false;
                if (octet != '\n') Put((byte)'\r', output, ref written);
            }
            if (octet == '\r') returnHeld = true;
            else Put(octet, output, ref written);
        }
        return written;
    }

    /// <summary>What is still held back when the message ends.</summary>
    public int Finish(Span<byte> output)
    {
        var written = 0;
        if (returnHeld) Put((byte)'\r', output, ref written);
        returnHeld = false;
        Flush(output, ref written);
        return written;
    }

    private void Put(byte octet, Span<byte> output, ref int written)
    {
        if (quotesFrom && lineStart)
        {
            if (matched == 0 && octet == '>')
            {
                Write(octet, output, ref written);
                return; // one '>' more or less before the match is the same quote
            }
            if (octet == Postmark[matched])
            {
                if (++matched < Postmark.Length) return;
                Write((byte)'>', output, ref written);
            }
            else
            {
                Flush(output, ref written);
                Write(octet, output, ref written);
                lineStart = octet == '\n';
                return;
            }
            Flush(output, ref written);
            lineStart = false;
            return;
        }
        Write(octet, output, ref written);
        lineStart = octet == '\n';
    }

    private void Flush(Span<byte> output, ref int written)
    {
        foreach (var octet in Postmark[..matched]) Write(octet, output, ref written);
        matched = 0;
    }

    private void Write(byte octet, Span<byte> output, ref int written)
    {
        output[written++] = octet;
        EndsLine = octet == '\n';
    }
}

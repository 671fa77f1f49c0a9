using System.Buffers;

namespace Postoffice.Admin.Sendmail;

/// <summary>
/// Makes what a program writes canonical: every line ends in CRLF, whether it came with LF or CRLF. A CR elsewhere becomes a blank, a NUL goes
/// away: a cron mail is not lost for its form. Long lines stay as they are, a mailbox takes them. The octets may come in any pieces.
/// </summary>
/// <param name="dotEnds">A line that holds only a dot ends the content.</param>
internal sealed class CanonicalContent(bool dotEnds)
{
    private static readonly SearchValues<byte> Notable = SearchValues.Create("\r\n\0"u8);
    private bool inLine;
    private bool afterCr;
    private bool dotHeld; // a dot began the line, and nothing came after it yet

    /// <summary>The line with the dot came: what follows is not part of the message.</summary>
    public bool HasEnded { get; private set; }

    public void Write(ReadOnlySpan<byte> octets, IBufferWriter<byte> content)
    {
        while (!octets.IsEmpty && !HasEnded)
        {
            if (octets[0] == '\n')
            {
                afterCr = false;
                EndLine(content);
                octets = octets[1..];
                continue;
            }
            if (afterCr)
            {
                afterCr = false;
                Put(" "u8, content);
            }
            if (octets[0] is (byte)'\r' or 0)
            {
                afterCr = octets[0] == '\r';
                octets = octets[1..];
                continue;
            }
            var length = octets.IndexOfAny(Notable);
            if (length < 0) length = octets.Length;
            Put(octets[..length], content);
            octets = octets[length..];
        }
    }

    /// <summary>Ends the last line if it was not.</summary>
    public void Finish(IBufferWriter<byte> content)
    {
        if (HasEnded) return;
        if (inLine || dotHeld)
        {
            Release(content);
            content.Write("\r\n"u8);
        }
        inLine = false;
    }

    private void EndLine(IBufferWriter<byte> content)
    {
        if (dotHeld && dotEnds)
        {
            HasEnded = true;
            return;
        }
        Release(content);
        content.Write("\r\n"u8);
        inLine = false;
    }

    private void Put(ReadOnlySpan<byte> octets, IBufferWriter<byte> content)
    {
        Release(content);
        if (!inLine && octets is [(byte)'.'])
        {
            dotHeld = true;
            return;
        }
        content.Write(octets);
        inLine = true;
    }

    private void Release(IBufferWriter<byte> content)
    {
        if (!dotHeld) return;
        dotHeld = false;
        content.Write("."u8);
        inLine = true;
    }
}

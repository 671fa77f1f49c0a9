namespace Postoffice.Store.Wire;

/// <summary>Finds the end of content lines and notes defects on the way; shared by dotted and counted content.</summary>
internal struct LineScan(int maxLineOctets)
{
    private bool afterCr;
    private long lineOctets;

    public ContentDefects Defects { get; private set; }

    /// <summary>Nothing of the current line was seen yet.</summary>
    public readonly bool IsAtLineStart => lineOctets == 0;

    /// <summary>Goes on to the end of the current line or of the octets, whichever is first.</summary>
    /// <param name="octets">At least one.</param>
    /// <param name="ended">Whether the last octet taken completed a CRLF.</param>
    /// <returns>Octets taken.</returns>
    public int Line(ReadOnlySpan<byte> octets, out bool ended)
    {
        ended = false;
        var taken = 0;
        if (afterCr)
        {
            afterCr = false;
            if (octets[0] == '\n') return End(taken: 1, out ended);
            Defects |= ContentDefects.BareCr;
        }

        while (true)
        {
            var found = octets[taken..].IndexOfAny((byte)'\r', (byte)'\n', (byte)'\0');
            if (found < 0) return Pause(octets.Length);

            taken += found + 1;
            switch (octets[taken - 1])
            {
                case (byte)'\n':
                    Defects |= ContentDefects.BareLf;
                    break;
                case (byte)'\0':
                    Defects |= ContentDefects.Nul;
                    break;
                case (byte)'\r' when taken == octets.Length:
                    afterCr = true;
                    break;
                case (byte)'\r' when octets[taken] == '\n':
                    return End(taken + 1, out ended);
                default:
                    Defects |= ContentDefects.BareCr;
                    break;
            }
        }
    }

    /// <summary>A CR was read elsewhere and belongs to the line; whether it is bare the next octet shows.</summary>
    public void PushCr()
    {
        lineOctets++;
        afterCr = true;
    }

    public void Finish()
    {
        if (afterCr) Defects |= ContentDefects.BareCr;
        afterCr = false;
    }

    private int End(int taken, out bool ended)
    {
        ended = true;
        Pause(taken);
        lineOctets = 0;
        return taken;
    }

    private int Pause(int taken)
    {
        lineOctets += taken;
        if (lineOctets > maxLineOctets) Defects |= ContentDefects.LongLine;
        return taken;
    }
}

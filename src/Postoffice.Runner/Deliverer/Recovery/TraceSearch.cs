namespace Postoffice.Runner.Deliverer.Recovery;

/// <summary>
/// Finds <c>id QUEUEID</c> in a Received field (RFC 5321 §4.4) of any message of an mbox, fed piece by piece. Text in bodies does not
/// count: anybody may quote a header.
/// </summary>
internal sealed class TraceSearch(byte[] id)
{
    private const int MaxLine = 2 * 1024; // longer lines are looked at up to here; RFC 5322 §2.1.1 has 998

    private readonly byte[] line = new byte[MaxLine];
    private int length;
    private bool inHeader;
    private bool inReceived;

    /// <returns>True as soon as it is found. An empty piece is the end of the mailbox.</returns>
    public bool Feed(ReadOnlySpan<byte> octets)
    {
        if (octets.IsEmpty) return EndLine();
        foreach (var octet in octets)
        {
            if (octet == '\n')
            {
                if (EndLine()) return true;
            }
            else if (length < MaxLine)
            {
                line[length++] = octet;
            }
        }
        return false;
    }

    private bool EndLine()
    {
        var text = line.AsSpan(0, length);
        length = 0;
        if (text.StartsWith("From "u8))
        {
            (inHeader, inReceived) = (true, false);
            return false;
        }
        if (text.IsEmpty) inHeader = false;
        if (!inHeader) return false;
        if (text[0] is not ((byte)' ' or (byte)'\t')) inReceived = text.StartsWith("Received:"u8);
        return inReceived && HasId(text);
    }

    private bool HasId(ReadOnlySpan<byte> text)
    {
        foreach (var range in text.SplitAny(" \t;"u8))
        {
            if (text[range].SequenceEqual(id) && text[..range.Start.GetOffset(text.Length)].TrimEnd(" \t"u8).EndsWith("id"u8)) return true;
        }
        return false;
    }
}

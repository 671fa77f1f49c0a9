namespace Postoffice.Smtp.Intake;

/// <summary>
/// Looks at the header of a message while it streams by (C-QUEUE-02): which fields are there, how often it was received, how long it is.
/// Keeps a field name at most, whatever comes.
/// </summary>
internal sealed class HeaderScanner
{
    private const int LongestNameOfInterest = 16;
    private readonly byte[] name = new byte[LongestNameOfInterest];
    private int nameLength;
    private State state = State.LineStart;
    private bool firstLine = true;

    private enum State
    {
        LineStart,
        Name,      // of a field; nothing but name characters so far
        NameBlank, // blanks between name and colon (RFC 5322 §4.5.8)
        Value,     // of a field or its continuation, up to the line's end
        BlankCr,   // a CR began the line
        Body,
    }

    /// <summary>The content begins with a field, or with the empty line that ends an empty header.</summary>
    public bool HasHeader { get; private set; }

    public bool HasDate { get; private set; }
    public bool HasMessageId { get; private set; }
    public bool HasFrom { get; private set; }

    /// <summary>How many Received fields there are: how far the message has travelled (RFC 5321 §6.3).</summary>
    public int Received { get; private set; }

    /// <summary>Octets of the header so far.</summary>
    public long Octets { get; private set; }

    public void Scan(ReadOnlySpan<byte> octets)
    {
        while (!octets.IsEmpty && state != State.Body)
        {
            var taken = state == State.Value ? SkipLine(octets) : Step(octets[0]);
            Octets += taken;
            octets = octets[taken..];
        }
    }

    private int SkipLine(ReadOnlySpan<byte> octets)
    {
        var end = octets.IndexOf((byte)'\n');
        if (end < 0) return octets.Length;
        state = State.LineStart;
        return end + 1;
    }

    private int Step(byte octet)
    {
        state = (state, octet) switch
        {
            (State.LineStart, (byte)' ' or (byte)'\t') when !firstLine => State.Value,
            (State.LineStart, (byte)'\r') => State.BlankCr,
            (State.LineStart or State.Name, > (byte)' ' and < 0x7F and not (byte)':') => Collect(octet),
            (State.Name, (byte)' ' or (byte)'\t') => State.NameBlank,
            (State.NameBlank, (byte)' ' or (byte)'\t') => State.NameBlank,
            (State.Name or State.NameBlank, (byte)':') => Field(),
            (State.BlankCr, (byte)'\n') => EmptyLine(),
            _ => State.Body, // neither field nor continuation: the text has begun without an empty line
        };
        return 1;
    }

    private State Collect(byte octet)
    {
        if (state == State.LineStart) nameLength = 0;
        if (nameLength < name.Length) name[nameLength] = octet;
        nameLength++;
        return State.Name;
    }

    private State Field()
    {
        HasHeader = true;
        firstLine = false;
        var found = name.AsSpan(0, Math.Min(nameLength, name.Length));
        if (nameLength > name.Length) return State.Value;
        if (System.Text.Ascii.EqualsIgnoreCase(found, "Received"u8)) Received++;
        else if (System.Text.Ascii.EqualsIgnoreCase(found, "Date"u8)) HasDate = true;
        else if (System.Text.Ascii.EqualsIgnoreCase(found, "Message-ID"u8)) HasMessageId = true;
        else if (System.Text.Ascii.EqualsIgnoreCase(found, "From"u8)) HasFrom = true;
        return State.Value;
    }

    private State EmptyLine()
    {
        HasHeader = true;
        return State.Body;
    }
}

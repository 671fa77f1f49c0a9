namespace Postoffice.Store.Wire;

/// <summary>What makes content unfit to be taken. Seen while reading, judged only behind the true end of the content.</summary>
[Flags]
public enum ContentDefects
{
    /// <summary>Every line ends in CRLF, is short enough and holds no NUL.</summary>
    None = 0,

    /// <summary>A CR without LF behind it (RFC 5321 §2.3.8).</summary>
    BareCr = 1,

    /// <summary>An LF without CR before it (RFC 5321 §2.3.8).</summary>
    BareLf = 2,

    /// <summary>A NUL.</summary>
    Nul = 4,

    /// <summary>A line over the limit (RFC 5321 §4.5.3.1.6).</summary>
    LongLine = 8,
}

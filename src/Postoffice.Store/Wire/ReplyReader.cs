using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Postoffice.Store.Mail;

namespace Postoffice.Store.Wire;

/// <summary>What a peer's octets are, read as a reply. All but the first two are protocol errors and end the session.</summary>
public enum ReplyRead
{
    /// <summary>A reply, all its lines.</summary>
    Whole,

    /// <summary>Nothing wrong so far: wait for more octets.</summary>
    Incomplete,

    /// <summary>A line does not begin with a code of 200 to 599 and a blank, a hyphen or its end.</summary>
    NoCode,

    /// <summary>The lines of one reply carry different codes.</summary>
    CodeChanged,

    /// <summary>A line over <see cref="ReplyReader.MaxLineOctets"/>.</summary>
    LineTooLong,

    /// <summary>More than <see cref="ReplyReader.MaxLines"/> or <see cref="ReplyReader.MaxOctets"/>.</summary>
    TooLong,

    /// <summary>A bare CR or LF, or a NUL.</summary>
    BrokenLine,
}

/// <summary>
/// Reads the replies of a server, one after another (RFC 5321 §4.2.1). Strict about CRLF (§2.3.8), as with everything
/// that comes from outside. Text that is not UTF-8 is read as ISO 8859-1, so no octet is lost or replaced. After a
/// protocol error the reader is of no more use, nor is the session.
/// </summary>
public sealed class ReplyReader
{
    /// <summary>Longest line with its CRLF; RFC 5321 §4.5.3.1.5 asks for 512.</summary>
    public const int MaxLineOctets = 2_048;

    /// <summary>Most lines of one reply.</summary>
    public const int MaxLines = 500;

    /// <summary>Most octets of one reply.</summary>
    public const int MaxOctets = 65_536;

    private readonly StringBuilder text = new();
    private int code;
    private EnhancedStatusCode? status;
    private int lines;
    private long octets;

    /// <summary>Goes on with the reply, line by line.</summary>
    /// <param name="buffer">Octets received; whole lines are taken off its front.</param>
    /// <param name="reply">The reply, when whole. Its text is the peer's: escape it where it is shown.</param>
    public ReplyRead TryRead(ref ReadOnlySequence<byte> buffer, [NotNullWhen(true)] out Reply? reply)
    {
        reply = null;
        while (true)
        {
            var read = LineReader.TryRead(ref buffer, MaxLineOctets, out var line);
            if (read != LineRead.Whole)
            {
                return read switch
                {
                    LineRead.Incomplete => ReplyRead.Incomplete,
                    LineRead.TooLong => ReplyRead.LineTooLong,
                    _ => ReplyRead.BrokenLine,
                };
            }

            octets += line.Length + "\r\n".Length;
            if (++lines > MaxLines || octets > MaxOctets) return ReplyRead.TooLong;

            var defect = Take(line.IsSingleSegment ? line.FirstSpan : line.ToArray(), out var isLast);
            if (defect is { } error) return error;
            if (!isLast) continue;

            reply = new Reply(code, status, text.ToString());
            text.Clear();
            (code, status, lines, octets) = (0, null, 0, 0);
            return ReplyRead.Whole;
        }
    }

    private ReplyRead? Take(ReadOnlySpan<byte> line, out bool isLast)
    {
        isLast = true;
        if (line.Length < 3 || line[..3].ContainsAnyExceptInRange((byte)'0', (byte)'9')) return ReplyRead.NoCode;
        var number = ((line[0] - '0') * 100) + ((line[1] - '0') * 10) + (line[2] - '0');
        if (number is < 200 or > 599) return ReplyRead.NoCode;
        if (line.Length > 3 && line[3] is not ((byte)' ' or (byte)'-')) return ReplyRead.NoCode;
        if (lines > 1 && number != code) return ReplyRead.CodeChanged;

        isLast = line.Length == 3 || line[3] == ' ';
        code = number;
        TakeText(line.Length > 3 ? line[4..] : []);
        return null;
    }

    /// <summary>Takes the enhanced status code off each line that repeats the first one's (RFC 2034 §4).</summary>
    private void TakeText(ReadOnlySpan<byte> octetsOfText)
    {
        ReadOnlySpan<char> words = MailText.TryDecodeUtf8(octetsOfText, out var utf8) ? utf8 : Encoding.Latin1.GetString(octetsOfText);
        var end = words.IndexOf(' ');
        var first = end < 0 ? words : words[..end];
        if (EnhancedStatusCode.TryParse(first, out var found) && found.Class == code / 100 && (lines == 1 || found == status))
        {
            status = found;
            words = end < 0 ? [] : words[(end + 1)..];
        }

        if (lines > 1) text.Append('\n');
        text.Append(words);
    }
}

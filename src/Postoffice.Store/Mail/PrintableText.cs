using System.Globalization;
using System.Text;

namespace Postoffice.Store.Mail;

/// <summary>
/// Text from outside made safe for one line of a log or a terminal. What would move the cursor, end the line, reorder
/// the text or not show at all becomes <c>\xNN</c> or <c>\u{NNNN}</c>, a backslash becomes <c>\\</c>: so the line can be
/// read back, and nothing in it looks like an escape that is none.
/// </summary>
public static class PrintableText
{
    /// <summary>Characters of one escaped text, unless the caller says otherwise.</summary>
    public const int DefaultLimit = 512;

    private const string Cut = "…";
    private const string AsciiCut = "...";

    /// <summary>Escapes characters.</summary>
    /// <param name="text">Hostile.</param>
    /// <param name="limit">Greatest length of the result in characters, at least 1; a longer one ends in <c>…</c>, never inside an escape.</param>
    public static string Escape(ReadOnlySpan<char> text, int limit = DefaultLimit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return Escape(text, new Line(limit, Cut), IsVisible);
    }

    /// <summary>The same where only ASCII may stand: every other character is escaped, and <c>...</c> marks the cut.</summary>
    /// <inheritdoc cref="Escape(ReadOnlySpan{char}, int)"/>
    public static string EscapeToAscii(ReadOnlySpan<char> text, int limit = DefaultLimit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, AsciiCut.Length);
        return Escape(text, new Line(limit, AsciiCut), static _ => false);
    }

    /// <summary>Escapes octets that claim to be UTF-8; those that are not become <c>\xNN</c>.</summary>
    /// <param name="octets">Hostile.</param>
    /// <param name="limit">As for characters.</param>
    public static string Escape(ReadOnlySpan<byte> octets, int limit = DefaultLimit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var line = new Line(limit, Cut);
        while (!octets.IsEmpty && !line.IsFull)
        {
            var read = Rune.DecodeFromUtf8(octets, out var rune, out var taken) == System.Buffers.OperationStatus.Done;
            if (!read) taken = 1;
            line.Append(read ? Shown(rune, IsVisible) : $"\\x{octets[0]:X2}");
            octets = octets[taken..];
        }

        return line.ToString();
    }

    private static string Escape(ReadOnlySpan<char> text, Line line, Func<Rune, bool> isVisible)
    {
        if (text.Length <= line.Limit && !text.ContainsAnyExceptInRange(' ', '~') && !text.Contains('\\')) return text.ToString();

        while (!text.IsEmpty && !line.IsFull)
        {
            var read = Rune.DecodeFromUtf16(text, out var rune, out var taken) == System.Buffers.OperationStatus.Done;
            line.Append(read ? Shown(rune, isVisible) : $"\\u{{{(int)text[0]:X4}}}");
            text = text[taken..];
        }

        return line.ToString();
    }

    private static string Shown(Rune rune, Func<Rune, bool> isVisible) => rune.Value switch
    {
        '\\' => @"\\",
        < 0x20 or (>= 0x7F and <= 0x9F) => $"\\x{rune.Value:X2}",
        < 0x7F => ((char)rune.Value).ToString(),
        _ when isVisible(rune) => rune.ToString(),
        _ => $"\\u{{{rune.Value:X4}}}",
    };

    /// <summary>Format holds the bidirectional controls and everything of no width, the separators LS and PS.</summary>
    private static bool IsVisible(Rune rune) => Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    /// <summary>Grows up to the limit; keeps the last place at which a cut mark still fits.</summary>
    private sealed class Line(int limit, string cut)
    {
        private readonly StringBuilder text = new();
        private int cutAt;

        public int Limit => limit;

        public bool IsFull { get; private set; }

        public void Append(string piece)
        {
            if (text.Length + piece.Length > limit)
            {
                IsFull = true;
                text.Length = cutAt;
                text.Append(cut);
                return;
            }

            text.Append(piece);
            if (text.Length + cut.Length <= limit) cutAt = text.Length;
        }

        public override string ToString() => text.ToString();
    }
}

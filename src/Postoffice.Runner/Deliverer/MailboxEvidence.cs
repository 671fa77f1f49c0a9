using System.Buffers;
using System.Globalization;

namespace Postoffice.Runner.Deliverer;

/// <summary>
/// What the runner commits with the intent of a local delivery, so that after a crash the mailbox itself can say how it ended.
/// The text form is stable: it is stored in facts and travels between runner and deliverer.
/// </summary>
public abstract record MailboxEvidence
{
    /// <summary>Octets of the text form at most: the From_ line is the only long part.</summary>
    public const int MaxTextLength = 4 * 1024;

    private const int DigestLength = 64; // SHA-256 in hexadecimal

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private MailboxEvidence()
    {
    }

    /// <param name="Device">Device of the folder <c>tmp</c>: major number × 2³² + minor number.</param>
    /// <param name="Inode">Inode of the folder <c>tmp</c>. In another folder (home not mounted, setting changed) a missing file proves nothing.</param>
    /// <param name="Name">File name in <c>tmp</c>, then in <c>new</c>.</param>
    public sealed record Maildir(ulong Device, ulong Inode, string Name) : MailboxEvidence
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"maildir {Device} {Inode} {Name}");
    }

    /// <param name="Device">Major number × 2³² + minor number.</param>
    /// <param name="LengthBefore">Octets in the mailbox before; what it is cut back to.</param>
    /// <param name="Separator">Line ends (0 to 2) put between a mailbox that did not end in an empty line and the entry.</param>
    /// <param name="EntryLength">Octets of the entry, from its From_ line to the empty line behind it, without the separator.</param>
    /// <param name="EntryDigest">SHA-256 of the entry, in lower-case hexadecimal.</param>
    /// <param name="PrecedingDigest">SHA-256 of the last 4,096 octets (or fewer) before the entry: tells a torn tail from a mailbox
    /// that somebody rewrote in place to a length that happens to fit.</param>
    /// <param name="FromLine">First line of the entry, without its line end: what a torn tail begins with.</param>
    public sealed record Mbox(
        ulong Device, ulong Inode, long LengthBefore, int Separator, long EntryLength, string EntryDigest, string PrecedingDigest, string FromLine)
        : MailboxEvidence
    {
        public override string ToString() =>
            string.Create(CultureInfo.InvariantCulture, $"mbox {Device} {Inode} {LengthBefore} {Separator} {EntryLength} {EntryDigest} {PrecedingDigest} {FromLine}");
    }

    /// <summary>Takes what <c>ToString</c> wrote; anything else is false.</summary>
    public static bool TryParse(string text, out MailboxEvidence evidence)
    {
        evidence = new Maildir(0, 0, "");
        if (text.Length > MaxTextLength) return false;
        var words = text.Split(' ', 9);
        if (words.Length < 4 || !TryNumber(words[1], out ulong device) || !TryNumber(words[2], out ulong inode)) return false;
        if (words is ["maildir", _, _, var name] && MaildirName.IsOurs(name))
        {
            evidence = new Maildir(device, inode, name);
            return true;
        }
        if (words.Length != 9 || words[0] != "mbox") return false;
        if (!TryNumber(words[3], out long before) || !TryNumber(words[4], out long separator) || separator > 2) return false;
        if (!TryNumber(words[5], out long length) || !IsDigest(words[6]) || !IsDigest(words[7])) return false;
        if (before > long.MaxValue / 4 || length > long.MaxValue / 4) return false;
        if (!words[8].StartsWith("From ", StringComparison.Ordinal) || words[8].AsSpan().ContainsAny("\r\n\0")) return false;
        evidence = new Mbox(device, inode, before, (int)separator, length, words[6], words[7], words[8]);
        return true;
    }

    private static bool TryNumber(string word, out ulong number) => ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static bool TryNumber(string word, out long number) => long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static bool IsDigest(string word) => word.Length == DigestLength && !word.AsSpan().ContainsAnyExcept(HexDigits);
}

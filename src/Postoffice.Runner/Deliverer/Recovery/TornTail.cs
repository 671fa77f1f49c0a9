using System.Buffers;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Postoffice.Runner.Deliverer.Mailboxes;

namespace Postoffice.Runner.Deliverer.Recovery;

/// <summary>
/// Whether what follows the old end of a mbox is the beginning of our entry and nothing of anybody else's. The entry itself is not at
/// hand, only its From_ line, so a tail that also holds something like another From_ line (another program appended behind our torn
/// entry) is not ours to cut.
/// </summary>
internal static class TornTail
{
    private const int Overlap = 64; // octets of a chunk looked at again with the next: a postmark's date has 24

    public static bool IsOurs(SafeFileHandle mailbox, MailboxEvidence.Mbox evidence, long length)
    {
        var start = Encoding.UTF8.GetBytes(new string('\n', evidence.Separator) + evidence.FromLine + "\n");
        var head = new byte[(int)Math.Min(start.Length, length - evidence.LengthBefore)];
        if (mailbox.ReadFullyAt(head, evidence.LengthBefore) != head.Length) return false;
        var written = head.AsSpan().TrimEnd((byte)0);
        if (!start.AsSpan().StartsWith(written)) return false;
        if (head.Length < start.Length) return true;
        var rest = evidence.LengthBefore + start.Length;
        // Where the head ended in zeros, only zeros may follow.
        return written.Length < start.Length ? IsZero(mailbox, rest, length) : !HasPostmark(mailbox, rest, length);
    }

    private static bool IsZero(SafeFileHandle mailbox, long offset, long length) => Scan(mailbox, offset, length, static chunk => chunk.ContainsAnyExcept((byte)0)) == false;

    private static bool HasPostmark(SafeFileHandle mailbox, long offset, long length) => Scan(mailbox, offset, length, ContainsPostmark) != false;

    /// <summary>A line whose end is <c> HH:MM:SS YYYY</c>, wherever it begins: a torn entry need not have ended its last line.</summary>
    private static bool ContainsPostmark(ReadOnlySpan<byte> chunk)
    {
        foreach (var end in chunk.Split((byte)'\n'))
        {
            var line = chunk[end];
            if (line.Length < 14) continue;
            var tail = line[^14..]; // " 12:34:56 2026"
            if (tail[0] == ' ' && tail[3] == ':' && tail[6] == ':' && tail[9] == ' ' && !tail[10..].ContainsAnyExceptInRange((byte)'0', (byte)'9')) return true;
        }
        return false;
    }

    /// <returns>Whether a chunk has what is looked for; null when the file cannot be read.</returns>
    private static bool? Scan(SafeFileHandle mailbox, long offset, long length, Func<ReadOnlySpan<byte>, bool> has)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            while (offset < length)
            {
                var read = mailbox.ReadFullyAt(buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - offset)), offset);
                if (read <= 0) return null;
                if (has(buffer.AsSpan(0, read))) return true;
                offset += offset + read >= length ? read : read - Math.Min(Overlap, read - 1);
            }
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

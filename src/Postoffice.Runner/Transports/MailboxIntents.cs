using System.Diagnostics.CodeAnalysis;
using Postoffice.Runner.Deliverer;
using Postoffice.Store.Events;

namespace Postoffice.Runner.Transports;

/// <summary>The deliverer's evidence as the fact holds it, in columns that SQL can read, and back.</summary>
internal static class MailboxIntents
{
    private const int MinorBits = 32;

    public static MailboxIntent From(MailboxEvidence evidence) => evidence switch
    {
        MailboxEvidence.Maildir maildir => new MailboxIntent(
            "maildir", Name: maildir.Name, Device: Device(maildir.Device), Inode: unchecked((long)maildir.Inode)),
        MailboxEvidence.Mbox mbox => new MailboxIntent(
            "mbox",
            Device: Device(mbox.Device),
            Inode: unchecked((long)mbox.Inode),
            Offset: mbox.LengthBefore,
            Separator: mbox.Separator,
            Length: mbox.EntryLength,
            Sha256: mbox.EntryDigest,
            PrecedingSha256: mbox.PrecedingDigest,
            FromLine: mbox.FromLine),
        _ => throw new ArgumentOutOfRangeException(nameof(evidence), evidence, "not evidence"),
    };

    /// <summary>False for what no deliverer of ours said: a fact is only a claim.</summary>
    public static bool TryToEvidence(MailboxIntent intent, [NotNullWhen(true)] out MailboxEvidence? evidence)
    {
        evidence = null;
        if (!TryDevice(intent.Device, out var device) || intent.Inode is not { } signed) return false;
        var inode = unchecked((ulong)signed);
        var text = intent.Kind switch
        {
            "maildir" => $"maildir {device} {inode} {intent.Name}",
            "mbox" => $"mbox {device} {inode} {intent.Offset} {intent.Separator} {intent.Length} {intent.Sha256} {intent.PrecedingSha256} {intent.FromLine}",
            _ => "",
        };
        if (!MailboxEvidence.TryParse(text, out var read)) return false;
        evidence = read;
        return true;
    }

    private static string Device(ulong device) => $"{device >> MinorBits}:{(uint)device}";

    private static bool TryDevice(string? text, out ulong device)
    {
        device = 0;
        if (text?.Split(':') is not [var major, var minor] || !uint.TryParse(major, out var high) || !uint.TryParse(minor, out var low)) return false;
        device = ((ulong)high << MinorBits) | low;
        return true;
    }
}

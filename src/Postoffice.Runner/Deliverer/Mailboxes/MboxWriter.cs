using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Postoffice.Runner.Deliverer.Rights;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer.Mailboxes;

/// <summary>
/// Appends one entry to an mbox: spooled whole, so that the intent can record its length and digest before the mailbox changes; then
/// locked from <see cref="Prepare"/> to <see cref="Commit"/>.
/// </summary>
internal sealed class MboxWriter(
    MailboxSetting.Mbox setting, Account account, RightsSwitch rights, DeliveryRequest request, TimeProvider clock, string spoolDirectory) : MailboxWriter
{
    /// <summary>Octets before the entry that the evidence covers.</summary>
    public const int PrecedingLength = 4096;

    private readonly string fromLine = FromLine.For(request.Sender, request.ArrivedAt, clock.LocalTimeZone);
    private readonly LocalText text = new(quotesFrom: true);
    private readonly EntrySpool spool = new(spoolDirectory);
    private string? digest;
    private MboxLock? mailboxLock;
    private MailboxEvidence.Mbox? evidence;

    public override DeliveryFailure? Start() => spool.TryAdd(Encoding.UTF8.GetBytes(fromLine + "\n")) ? null : SpoolTrouble();

    public override DeliveryFailure? Write(ReadOnlySpan<byte> content)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(LocalText.MaxOutput(content.Length));
        try
        {
            return spool.TryAdd(buffer.AsSpan(0, text.Convert(content, buffer))) ? null : SpoolTrouble();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public override DeliveryFailure? Finish()
    {
        Span<byte> end = stackalloc byte[16];
        var length = text.Finish(end);
        if (!text.EndsLine) end[length++] = (byte)'\n';
        end[length++] = (byte)'\n'; // the empty line that readers expect between entries
        if (!spool.TryAdd(end[..length])) return SpoolTrouble();
        digest = spool.Digest();
        return null;
    }

    public override PrepareStep Prepare()
    {
        mailboxLock = MboxLock.TryTake(setting, account, rights, clock.GetUtcNow(), out var failure, out var heldBy);
        if (failure is not null) return new PrepareStep.Failed(failure);
        if (mailboxLock is null) return new PrepareStep.Busy(heldBy);
        if (!SafeFile.TryStat(mailboxLock.Mailbox, out var file)) return new PrepareStep.Failed(Trouble.Last("The mailbox cannot be examined"));
        Span<byte> preceding = stackalloc byte[PrecedingLength];
        var length = (long)file.Length;
        var read = ReadPreceding(mailboxLock, length, preceding);
        if (read < 0) return new PrepareStep.Failed(Trouble.Last("The mailbox cannot be read"));
        evidence = new MailboxEvidence.Mbox(file.Device(), file.Inode, length, SeparatorAfter(preceding[..read]),
            spool.Length, digest!, Convert.ToHexStringLower(SHA256.HashData(preceding[..read])), fromLine);
        return new PrepareStep.Ready(evidence);
    }

    public override bool GiveUpLock()
    {
        mailboxLock?.Dispose();
        mailboxLock = null;
        return true;
    }

    public override DeliveryOutcome Commit()
    {
        if (mailboxLock is null || evidence is null)
        {
            return new DeliveryOutcome.Failed(Trouble.Mailbox("The mailbox's lock was given up before the delivery was committed"));
        }
        using (rights.Take(account.Rights)) return Append(mailboxLock);
    }

    public override void Abort() => GiveUpLock();

    public override void Dispose()
    {
        GiveUpLock();
        spool.Dispose();
    }

    /// <summary>The last octets before the entry's place.</summary>
    /// <returns>How many; -1: errno says why.</returns>
    public static int ReadPreceding(MboxLock mailbox, long length, Span<byte> octets)
    {
        var wanted = (int)Math.Min(length, octets.Length);
        var read = mailbox.Mailbox.ReadFullyAt(octets[..wanted], length - wanted);
        return read == wanted ? read : -1;
    }

    private DeliveryOutcome Append(MboxLock locked)
    {
        var mailbox = locked.Mailbox;
        if (!SafeFile.TryStat(mailbox, out var file) || (long)file.Length != evidence!.LengthBefore)
        {
            return new DeliveryOutcome.Failed(Trouble.Mailbox("Somebody changed the mailbox in spite of its locks"));
        }
        if (mailbox.TryWriteAll("\n\n"u8[..evidence.Separator]) && spool.TryCopyTo(mailbox) && mailbox.TrySync()) return new DeliveryOutcome.Delivered();
        var failure = Trouble.Last("The mailbox cannot be written");
        if (Libc.FTruncate(mailbox.Number(), evidence.LengthBefore) == 0 && mailbox.TrySync()) return new DeliveryOutcome.Failed(failure);
        return new DeliveryOutcome.InDoubt($"{failure.Reason}; and it cannot be cut back to {evidence.LengthBefore} octets");
    }

    private DeliveryFailure SpoolTrouble()
    {
        var failure = Trouble.Last($"{spoolDirectory} cannot hold the message");
        return failure with { Status = new EnhancedStatusCode(4, 3, 1) };
    }

    /// <summary>A mailbox that another program left torn must not swallow our From_ line.</summary>
    private static int SeparatorAfter(ReadOnlySpan<byte> preceding) =>
        preceding.IsEmpty || preceding.EndsWith("\n\n"u8) ? 0 : preceding.EndsWith("\n"u8) ? 1 : 2;
}

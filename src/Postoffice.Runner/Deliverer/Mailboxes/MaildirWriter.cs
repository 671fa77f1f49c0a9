using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Postoffice.Runner.Deliverer.Rights;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer.Mailboxes;

/// <summary>
/// Puts one message into a Maildir: written and synced in <c>tmp</c> by <see cref="Prepare"/>, renamed to <c>new</c> by
/// <see cref="Commit"/>. Once prepared the file in <c>tmp</c> goes away only by that rename or by <see cref="Abort"/>: after a crash its
/// absence is the proof of delivery.
/// </summary>
internal sealed class MaildirWriter(MailboxSetting.Maildir setting, Account account, RightsSwitch rights, string name) : MailboxWriter
{
    private const int FlushAt = 64 * 1024; // octets: what is smaller is opened, written and synced in one go, with the user's rights taken once

    private readonly LocalText text = new(quotesFrom: false);
    private readonly ArrayBufferWriter<byte> unwritten = new(4096);
    private MaildirFolders? folders;
    private SafeFileHandle? file;
    private bool isPrepared;

    public override DeliveryFailure? Start() => null;

    public override DeliveryFailure? Write(ReadOnlySpan<byte> content)
    {
        unwritten.Advance(text.Convert(content, unwritten.GetSpan(LocalText.MaxOutput(content.Length))));
        if (unwritten.WrittenCount < FlushAt) return null;
        using (rights.Take(account.Rights)) return Flush();
    }

    public override DeliveryFailure? Finish()
    {
        unwritten.Advance(text.Finish(unwritten.GetSpan(16)));
        return null;
    }

    public override PrepareStep Prepare()
    {
        using (rights.Take(account.Rights))
        {
            if (Flush() is { } failure) return new PrepareStep.Failed(failure);
            // The name in tmp must outlast a power cut as well, or the committed intent would take its absence for a delivery.
            if (!file!.TrySync() || !folders!.Tmp.TrySync() || !SafeFile.TryStat(folders.Tmp, out var tmp)) return new PrepareStep.Failed(WriteTrouble());
            file!.Dispose();
            isPrepared = true;
            return new PrepareStep.Ready(new MailboxEvidence.Maildir(tmp.Device(), tmp.Inode, name));
        }
    }

    public override bool GiveUpLock() => false;

    public override DeliveryOutcome Commit()
    {
        using (rights.Take(account.Rights))
        {
            // Not there: a recovery by a runner that took over has renamed it.
            if (Libc.RenameAt(folders!.Tmp.Number(), name, folders.New.Number(), name) != 0 && Marshal.GetLastPInvokeError() != Libc.ENOENT)
            {
                // The file stays for the sweep: until this outcome is recorded, its absence would prove a delivery that did not happen.
                return new DeliveryOutcome.Failed(Trouble.Last("The file in the Maildir cannot be renamed"));
            }
            return folders.New.TrySync() ? new DeliveryOutcome.Delivered() : new DeliveryOutcome.InDoubt(WriteTrouble().Reason);
        }
    }

    public override void Abort()
    {
        if (folders is null) return;
        using (rights.Take(account.Rights)) _ = Libc.UnlinkAt(folders.Tmp.Number(), name, 0);
    }

    public override void Dispose()
    {
        // Without a prepared intent nobody would ever look for the file.
        if (!isPrepared && file is not null) Abort();
        file?.Dispose();
        folders?.Dispose();
    }

    private DeliveryFailure? Flush()
    {
        if (file is null && Open() is { } failure) return failure;
        if (!file!.TryWriteAll(unwritten.WrittenSpan)) return WriteTrouble();
        unwritten.ResetWrittenCount();
        return null;
    }

    private DeliveryFailure? Open()
    {
        if (!MaildirFolders.TryOpen(setting, account.User, mayCreate: true, out folders, out var failure)) return failure;
        if (TryCreate(folders, out file)) return null;
        // Left by an attempt of this very name that died before its intent was committed (else it would have been recovered).
        if (Marshal.GetLastPInvokeError() == Libc.EEXIST && Libc.UnlinkAt(folders.Tmp.Number(), name, 0) == 0 && TryCreate(folders, out file)) return null;
        return Trouble.Last("A file in the Maildir cannot be made");
    }

    private bool TryCreate(MaildirFolders into, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SafeFileHandle? created) =>
        into.Tmp.TryOpenAt(name, Libc.O_CREAT | Libc.O_EXCL | Libc.O_WRONLY, out created);

    private static DeliveryFailure WriteTrouble() => Trouble.Last("The file in the Maildir cannot be written");
}

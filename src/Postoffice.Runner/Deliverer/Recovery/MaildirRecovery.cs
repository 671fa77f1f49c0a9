using System.Runtime.InteropServices;
using Postoffice.Runner.Deliverer.Mailboxes;
using Postoffice.Runner.Deliverer.Rights;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer.Recovery;

/// <summary>Ends a Maildir delivery whose intent was committed: there in <c>tmp</c> means rename now, gone means it was renamed.</summary>
internal static class MaildirRecovery
{
    public static DeliveryOutcome Recover(MailboxSetting.Maildir setting, Account account, RightsSwitch rights, MailboxEvidence.Maildir evidence)
    {
        using (rights.Take(account.Rights))
        {
            // Never made here: an empty folder in place of an unmounted one would prove a delivery that did not happen.
            if (!MaildirFolders.TryOpen(setting, account.User, mayCreate: false, out var folders, out var failure)) return new DeliveryOutcome.Failed(failure);
            using (folders) return Recover(folders, evidence);
        }
    }

    private static DeliveryOutcome Recover(MaildirFolders folders, MailboxEvidence.Maildir evidence)
    {
        var isRenamed = Libc.RenameAt(folders.Tmp.Number(), evidence.Name, folders.New.Number(), evidence.Name) == 0;
        if (!isRenamed && Marshal.GetLastPInvokeError() != Libc.ENOENT)
        {
            return new DeliveryOutcome.Failed(Trouble.Last("The file in the Maildir cannot be renamed"));
        }
        if (!isRenamed && !IsTheSame(folders, evidence) && !IsThere(folders, evidence.Name))
        {
            return new DeliveryOutcome.InDoubt("The Maildir is not the one that the message was written to");
        }
        // The rename may be an earlier one that no sync followed.
        return folders.New.TrySync() && folders.Cur.TrySync()
            ? new DeliveryOutcome.Delivered()
            : new DeliveryOutcome.Failed(Trouble.Last("The Maildir cannot be synced"));
    }

    private static bool IsTheSame(MaildirFolders folders, MailboxEvidence.Maildir evidence) =>
        SafeFile.TryStat(folders.Tmp, out var tmp) && tmp.Inode == evidence.Inode && tmp.Device() == evidence.Device;

    /// <summary>A reader moves <c>new/NAME</c> to <c>cur/NAME:2,FLAGS</c>.</summary>
    private static bool IsThere(MaildirFolders folders, string name) =>
        folders.New.TryStat(name, out _) || FolderNames.Read(folders.Cur).Any(n => n == name || n.StartsWith(name + ":", StringComparison.Ordinal));
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Postoffice.Runner.Deliverer.Rights;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer.Mailboxes;

/// <summary>A user's mbox, opened as he would and judged by its descriptor, so that nothing can be swapped in between.</summary>
internal static class MboxFile
{
    private const uint GroupWrite = 0x10; // 0020
    private const uint OthersWrite = 0x02; // 0002

    /// <summary>Opens the mailbox with the user's rights for reading and appending; makes it when it is missing.</summary>
    /// <param name="failure">When false: temporary, with what its owner or the postmaster has to put right.</param>
    public static bool TryOpen(
        MailboxSetting.Mbox setting, Account account, RightsSwitch rights,
        [NotNullWhen(true)] out SafeFileHandle? directory, [NotNullWhen(true)] out SafeFileHandle? mailbox, [NotNullWhen(false)] out DeliveryFailure? failure)
    {
        (mailbox, failure) = (null, null);
        using (rights.Take(account.Rights))
        {
            if (!Descriptors.TryOpenDirectory(setting.Directory, out directory))
            {
                failure = Trouble.Last($"{setting.Directory} cannot be opened");
                return false;
            }
            if (TryOpenExisting(directory, account, out mailbox, out failure)) return true;
            if (failure is null && TryCreate(directory, account, out failure)) TryOpenExisting(directory, account, out mailbox, out failure);
        }
        if (mailbox is null && failure is null && TryCreateForUser(setting.Directory, account, out failure))
        {
            using (rights.Take(account.Rights)) TryOpenExisting(directory, account, out mailbox, out failure);
        }
        if (mailbox is not null) return true;
        failure ??= Trouble.Mailbox($"{setting.PathOf(account.User)} was removed while it was opened");
        directory.Dispose();
        return false;
    }

    /// <summary>False without a failure: there is none.</summary>
    public static bool TryOpenExisting(SafeFileHandle directory, Account account, [NotNullWhen(true)] out SafeFileHandle? mailbox, out DeliveryFailure? failure)
    {
        failure = null;
        if (!directory.TryOpenAt(account.User.Name, Libc.O_RDWR | Libc.O_APPEND, out mailbox))
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == Libc.ELOOP) failure = Trouble.Mailbox($"The mailbox of {account.User.Name} is a symbolic link");
            else if (error != Libc.ENOENT) failure = Trouble.Of(error, $"The mailbox of {account.User.Name} cannot be opened");
            return false;
        }
        failure = Judge(directory, mailbox, account);
        if (failure is null) return true;
        mailbox.Dispose();
        mailbox = null;
        return false;
    }

    /// <summary>
    /// Regular, one link, his own, and nobody else's to write. Debian makes mailboxes USER:mail 0660, so the group of the directory may.
    /// </summary>
    private static DeliveryFailure? Judge(SafeFileHandle directory, SafeFileHandle mailbox, Account account)
    {
        var name = account.User.Name;
        if (!SafeFile.TryStat(mailbox, out var file) || !SafeFile.TryStat(directory, out var folder)) return Trouble.Last($"The mailbox of {name} cannot be examined");
        if (!file.IsRegular) return Trouble.Mailbox($"The mailbox of {name} is not a regular file");
        if (file.Links != 1) return Trouble.Mailbox($"The mailbox of {name} has {file.Links} hard links");
        if (file.Uid != account.User.Uid) return Trouble.Mailbox($"The mailbox of {name} belongs to uid {file.Uid}");
        if ((file.Permissions & OthersWrite) != 0) return Trouble.Mailbox($"The mailbox of {name} is writable by everybody");
        if ((file.Permissions & GroupWrite) != 0 && file.Gid != folder.Gid) return Trouble.Mailbox($"The mailbox of {name} is writable by gid {file.Gid}");
        return null;
    }

    /// <summary>As the user. False without a failure: the directory does not let him.</summary>
    private static bool TryCreate(SafeFileHandle directory, Account account, out DeliveryFailure? failure)
    {
        failure = null;
        if (directory.TryOpenAt(account.User.Name, Libc.O_CREAT | Libc.O_EXCL | Libc.O_RDWR, out var created))
        {
            created.Dispose();
            if (directory.TrySync()) return true;
            failure = Trouble.Last("The mail directory cannot be synced");
            return false;
        }
        var error = Marshal.GetLastPInvokeError();
        if (error == Libc.EEXIST) return true;
        if (error is not (Libc.EACCES or Libc.EPERM)) failure = Trouble.Of(error, $"The mailbox of {account.User.Name} cannot be made");
        return false;
    }

    /// <summary>
    /// The one thing done with root's rights: where users may not make files (Debian's <c>/var/mail</c> is root:mail 2775), an empty
    /// mailbox USER:mail 0600 is made for him. O_EXCL: whatever is there already is left alone.
    /// </summary>
    private static bool TryCreateForUser(string directory, Account account, [NotNullWhen(false)] out DeliveryFailure? failure)
    {
        var name = account.User.Name;
        failure = null;
        if (!Descriptors.TryOpenDirectory(directory, out var folder))
        {
            failure = Trouble.Last($"{directory} cannot be opened");
            return false;
        }
        using (folder)
        {
            if (!SafeFile.TryStat(folder, out var stat) || !folder.TryOpenAt(name, Libc.O_CREAT | Libc.O_EXCL | Libc.O_WRONLY, out var created))
            {
                if (Marshal.GetLastPInvokeError() == Libc.EEXIST) return true;
                failure = Trouble.Last($"The mailbox of {name} cannot be made");
                return false;
            }
            using (created)
            {
                if (Libc.FChown(created.Number(), account.User.Uid, stat.Gid) != 0)
                {
                    failure = Trouble.Last($"The new mailbox of {name} cannot be handed to him");
                    _ = Libc.UnlinkAt(folder.Number(), name, 0); // still root's, so nobody can have written into it
                    return false;
                }
            }
            if (folder.TrySync()) return true;
            failure = Trouble.Last($"{directory} cannot be synced");
            return false;
        }
    }
}

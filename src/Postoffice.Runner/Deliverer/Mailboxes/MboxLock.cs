using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;
using Postoffice.Runner.Deliverer.Rights;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer.Mailboxes;

/// <summary>
/// An open mbox under all three locks that mail programs use: dot-lock, flock, fcntl. Each is only tried, never waited for, and one that
/// is taken keeps none of the others: nobody can be deadlocked with us, in whatever order he takes them.
/// </summary>
internal sealed class MboxLock : IDisposable
{
    private readonly Account account;
    private readonly RightsSwitch rights;
    private readonly SafeFileHandle directory;
    private readonly bool hasDotLock;

    private MboxLock(Account account, RightsSwitch rights, SafeFileHandle directory, SafeFileHandle mailbox, bool hasDotLock)
    {
        (this.account, this.rights, this.directory, Mailbox, this.hasDotLock) = (account, rights, directory, mailbox, hasDotLock);
    }

    /// <summary>Open for reading and appending.</summary>
    public SafeFileHandle Mailbox { get; }

    /// <summary>Opens and locks with the user's rights.</summary>
    /// <param name="mayCreate">Whether a missing mailbox is made.</param>
    /// <returns>Null with a failure: not to be opened. Null without: somebody else holds <paramref name="heldBy"/>; try again later.</returns>
    public static MboxLock? TryTake(
        MailboxSetting.Mbox setting, Account account, RightsSwitch rights, DateTimeOffset now, out DeliveryFailure? failure, out string heldBy)
    {
        heldBy = "";
        if (!MboxFile.TryOpen(setting, account, rights, out var directory, out var mailbox, out failure)) return null;
        using (rights.Take(account.Rights))
        {
            var dotLock = DotLockResult.Held;
            if (TryLockAll(directory, mailbox, account.User.Name, now, ref dotLock, out heldBy))
            {
                return new MboxLock(account, rights, directory, mailbox, dotLock == DotLockResult.Made);
            }
            mailbox.Dispose();
            if (dotLock == DotLockResult.Made) DotLock.Remove(directory, DotLock.NameFor(account.User.Name));
            directory.Dispose();
            return null;
        }
    }

    /// <summary>Closing lets the kernel locks go, then the dot-lock is removed.</summary>
    public void Dispose()
    {
        Mailbox.Dispose();
        if (hasDotLock)
        {
            using (rights.Take(account.Rights)) DotLock.Remove(directory, DotLock.NameFor(account.User.Name));
        }
        directory.Dispose();
    }

    private static bool TryLockAll(
        SafeFileHandle directory, SafeFileHandle mailbox, string name, DateTimeOffset now, ref DotLockResult dotLock, [NotNullWhen(false)] out string heldBy)
    {
        heldBy = "the dot-lock";
        if ((dotLock = DotLock.TryMake(directory, DotLock.NameFor(name), now)) == DotLockResult.Held) return false;
        heldBy = "the flock";
        if (Libc.FLock(mailbox.Number(), Libc.LOCK_EX | Libc.LOCK_NB) != 0) return false;
        heldBy = "the fcntl lock";
        var whole = new Libc.FileLock { Type = Libc.F_WRLCK };
        if (Libc.FcntlLock(mailbox.Number(), Libc.F_OFD_SETLK, ref whole) != 0) return false;
        heldBy = "the name"; // a reader that replaced the file between our open and our lock
        return SafeFile.TryStat(mailbox, out var opened) && directory.TryStat(name, out var named) && named.IsSameFile(opened);
    }
}

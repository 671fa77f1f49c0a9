using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer.Mailboxes;

/// <summary>The folders of a Maildir, open. Everything here runs with the user's rights.</summary>
internal sealed record MaildirFolders(SafeFileHandle Tmp, SafeFileHandle New, SafeFileHandle Cur) : IDisposable
{
    private const uint OwnerOnly = 0x1C0; // 0700
    private const uint OthersWrite = 0x02; // 0002

    /// <param name="mayCreate">Makes what is missing, the Maildir itself included, but not the folder it lies in.</param>
    public static bool TryOpen(
        MailboxSetting.Maildir setting, SystemUser user, bool mayCreate, [NotNullWhen(true)] out MaildirFolders? folders, [NotNullWhen(false)] out DeliveryFailure? failure)
    {
        folders = null;
        var path = setting.PathOf(user);
        if (!user.Home.StartsWith('/') && setting.BelowHome)
        {
            failure = Trouble.Mailbox($"{user.Name} has no home directory");
            return false;
        }
        if (!Descriptors.TryOpenDirectory(path, out var root) && !(mayCreate && TryMakeRoot(path, out root)))
        {
            failure = Trouble.Last($"The Maildir of {user.Name} cannot be opened");
            return false;
        }
        using (root)
        {
            failure = null;
            var tmp = Open(root, "tmp", user, mayCreate, ref failure);
            var fresh = Open(root, "new", user, mayCreate, ref failure);
            var cur = Open(root, "cur", user, mayCreate, ref failure);
            if (failure is null)
            {
                folders = new MaildirFolders(tmp!, fresh!, cur!);
                return true;
            }
            tmp?.Dispose();
            fresh?.Dispose();
            cur?.Dispose();
            return false;
        }
    }

    public void Dispose()
    {
        Tmp.Dispose();
        New.Dispose();
        Cur.Dispose();
    }

    private static bool TryMakeRoot(string path, [NotNullWhen(true)] out SafeFileHandle? root)
    {
        root = null;
        if (Marshal.GetLastPInvokeError() != Libc.ENOENT) return false;
        if (Libc.MakeDirectory(path, OwnerOnly) != 0 && Marshal.GetLastPInvokeError() != Libc.EEXIST) return false;
        if (!Descriptors.TryOpenDirectory(path[..path.LastIndexOf('/')], out var parent)) return false;
        using (parent) return parent.TrySync() && Descriptors.TryOpenDirectory(path, out root);
    }

    private static SafeFileHandle? Open(SafeFileHandle root, string name, SystemUser user, bool mayCreate, ref DeliveryFailure? failure)
    {
        if (failure is not null) return null;
        if (!root.TryOpenAt(name, Libc.O_RDONLY | Libc.O_DIRECTORY, out var folder))
        {
            var made = mayCreate && Marshal.GetLastPInvokeError() == Libc.ENOENT
                && (Libc.MakeDirectoryAt(root.Number(), name, OwnerOnly) == 0 || Marshal.GetLastPInvokeError() == Libc.EEXIST) && root.TrySync();
            if (!made || !root.TryOpenAt(name, Libc.O_RDONLY | Libc.O_DIRECTORY, out folder))
            {
                failure = Trouble.Last($"Folder {name} of the Maildir of {user.Name} cannot be opened");
                return null;
            }
        }
        if (!SafeFile.TryStat(folder, out var stat)) failure = Trouble.Last($"Folder {name} of the Maildir of {user.Name} cannot be examined");
        else if (stat.Uid != user.Uid) failure = Trouble.Mailbox($"Folder {name} of the Maildir of {user.Name} belongs to uid {stat.Uid}");
        else if ((stat.Permissions & OthersWrite) != 0) failure = Trouble.Mailbox($"Folder {name} of the Maildir of {user.Name} is writable by everybody");
        return folder;
    }
}

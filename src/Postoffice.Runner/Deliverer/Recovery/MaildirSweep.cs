using Postoffice.Runner.Deliverer.Mailboxes;
using Postoffice.Runner.Deliverer.Rights;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer.Recovery;

/// <summary>Removes what deliveries without an intent left in <c>tmp</c>.</summary>
internal static class MaildirSweep
{
    private static readonly TimeSpan MinAge = TimeSpan.FromHours(36); // the Maildir convention

    /// <param name="keep">Names whose intents are open.</param>
    /// <returns>How many were removed; null when the Maildir cannot be opened.</returns>
    public static int? Sweep(
        MailboxSetting.Maildir setting, Account account, RightsSwitch rights, string host, IReadOnlyCollection<string> keep, DateTimeOffset now)
    {
        var oldest = (now - MinAge).ToUnixTimeSeconds();
        using (rights.Take(account.Rights))
        {
            if (!MaildirFolders.TryOpen(setting, account.User, mayCreate: false, out var folders, out _)) return null;
            using (folders)
            {
                return FolderNames.Read(folders.Tmp).Count(name => MaildirName.IsOf(name, host) && !keep.Contains(name)
                    && folders.Tmp.TryStat(name, out var file) && file.ModifiedSeconds < oldest
                    && Libc.UnlinkAt(folders.Tmp.Number(), name, 0) == 0);
            }
        }
    }
}

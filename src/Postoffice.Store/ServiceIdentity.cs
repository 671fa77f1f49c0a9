using System.Runtime.InteropServices;
using Postoffice.Store.Configuration;
using Postoffice.Store.Native;

namespace Postoffice.Store;

/// <summary>
/// Whom a service goes on as. Started as root it becomes the user of <c>user=</c>, else the owner of the store's directory (which it makes
/// when it is missing), and never gets root's rights back. Started as anybody else it goes on as that user.
/// </summary>
public static class ServiceIdentity
{
    public const string ServiceUser = "postoffice";
    private const uint OwnerOnly = 0x1C0; // 0700
    private const uint Root = 0;

    /// <summary>Call after binding sockets and before opening the store; changes every thread of the process.</summary>
    /// <param name="warn">Takes a sentence when the service goes on as root.</param>
    /// <exception cref="SettingException"><c>user=</c> names nobody.</exception>
    /// <exception cref="StoreRefusedException">The store's directory cannot be made.</exception>
    /// <exception cref="IOException">The system refused the change: the service must not go on.</exception>
    public static void Assume(Settings settings, string storePath, Action<string> warn)
    {
        if (Libc.GetEuid() != Root) return;
        var directory = Path.GetDirectoryName(storePath)!;
        var (uid, gid, groups) = Choose(settings, directory);
        Make(directory, uid, gid);
        if (uid == Root)
        {
            warn($"going on as root, the owner of {directory}; set user=NAME, or give that folder, if it holds the store alone, to a user of its own");
            return;
        }
        Become(uid, gid, groups);
    }

    /// <summary>Who root goes on as.</summary>
    /// <inheritdoc cref="Assume"/>
    internal static (uint Uid, uint Gid, uint[] Groups) Choose(Settings settings, string directory)
    {
        if (settings.Find("user") is not { Value.Length: > 0 } setting) return Owner(directory);
        return SystemUser.Find(setting.Value) is { } named
            ? Of(named)
            : throw new SettingException(setting, "the name of a user of this system is expected");
    }

    private static (uint Uid, uint Gid, uint[] Groups) Of(SystemUser user) => (user.Uid, user.Gid, user.Groups());

    private static (uint Uid, uint Gid, uint[] Groups) Owner(string directory)
    {
        if (SafeFile.TryStat(directory, out var place))
        {
            return SystemUser.Find(place.Uid) is { } owner ? Of(owner) : (place.Uid, place.Gid, [place.Gid]);
        }
        return SystemUser.Find(ServiceUser) is { } user ? Of(user) : (Root, 0, [0]);
    }

    /// <summary>Made aside and renamed, so that whoever starts at the same moment never meets it with a wrong owner.</summary>
    private static void Make(string directory, uint uid, uint gid)
    {
        if (SafeFile.TryStat(directory, out _)) return;
        var aside = $"{directory}.new-{Environment.ProcessId}";
        if (Libc.MakeDirectory(aside, OwnerOnly) != 0) throw CannotMake(directory);
        if (Libc.Chown(aside, uid, gid) == 0 && Libc.Rename(aside, directory) == 0) return;

        var refusal = CannotMake(directory);
        System.IO.Directory.Delete(aside);
        if (!SafeFile.TryStat(directory, out _)) throw refusal; // otherwise somebody else was first, with the same owner
    }

    private static StoreRefusedException CannotMake(string directory) =>
        new($"{directory}: cannot be made ({Marshal.GetLastPInvokeErrorMessage()}). Make it, mode 0700, owned by the user the services run as.");

    private static void Become(uint uid, uint gid, uint[] groups)
    {
        Libc.Check(Libc.SetGroups(groups.Length, groups), "setgroups");
        Libc.Check(Libc.SetResGid(gid, gid, gid), "setresgid");
        Libc.Check(Libc.SetResUid(uid, uid, uid), "setresuid");
        if (Libc.GetUid() != uid || Libc.GetEuid() != uid || Libc.GetEgid() != gid || Libc.SetResUid(Root, Root, Root) == 0)
        {
            throw new IOException($"root's rights could not be given up for uid {uid}");
        }
    }
}

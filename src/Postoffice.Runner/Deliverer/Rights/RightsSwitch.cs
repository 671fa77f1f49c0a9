using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer.Rights;

/// <summary>
/// Gives the calling thread a user's effective uid, gid and groups, and back. The kernel keeps these per thread; glibc's wrappers would
/// change all threads, hence the raw calls. Only the effective ids change: the user can then neither signal nor trace this process,
/// for its real and saved ids stay ours. Under a user's rights do nothing that could start a thread, since it would inherit them:
/// no tasks, no timers, no thread pool; system calls only.
/// </summary>
internal sealed class RightsSwitch(UserRights own)
{
    private const nint Keep = -1;

    public bool IsRoot => own.Uid == 0;

    public uint OwnUid => own.Uid;

    /// <summary>Takes the rights until the scope ends. A deliverer that is not root has nothing to take.</summary>
    /// <exception cref="IOException">The kernel refused; the thread has its own rights again.</exception>
    public Scope Take(UserRights user)
    {
        if (!IsRoot) return new Scope(null);
        if (!TrySwitch(user, groupsFirst: true))
        {
            Restore();
            throw new IOException($"the rights of uid {user.Uid} cannot be taken");
        }
        return new Scope(this);
    }

    private void Restore()
    {
        // A thread that went on with the wrong rights would be the worst bug this program can have.
        if (!TrySwitch(own, groupsFirst: false)) Environment.FailFast("the deliverer's own rights cannot be restored");
    }

    /// <param name="groupsFirst">Only uid 0 may change groups: so before uid 0 is given up, or after it is back.</param>
    private static bool TrySwitch(UserRights to, bool groupsFirst)
    {
        if (!groupsFirst && Libc.SystemCall(Libc.SYS_setresuid, Keep, (nint)to.Uid, Keep) != 0) return false;
        if (Libc.SystemCall(Libc.SYS_setgroups, to.Groups.Length, to.Groups) != 0) return false;
        if (Libc.SystemCall(Libc.SYS_setresgid, Keep, (nint)to.Gid, Keep) != 0) return false;
        if (groupsFirst && Libc.SystemCall(Libc.SYS_setresuid, Keep, (nint)to.Uid, Keep) != 0) return false;
        return (uint)Libc.SystemCall(Libc.SYS_geteuid, 0, 0, 0) == to.Uid && (uint)Libc.SystemCall(Libc.SYS_getegid, 0, 0, 0) == to.Gid;
    }

    /// <summary>While it lives the thread has the user's rights.</summary>
    public readonly ref struct Scope(RightsSwitch? taken) : IDisposable
    {
        public void Dispose() => taken?.Restore();
    }
}

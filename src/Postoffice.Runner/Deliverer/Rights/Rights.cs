using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer.Rights;

/// <summary>With what rights a thread touches files.</summary>
/// <param name="Groups">Every group, the primary one included or not, as the kernel has it.</param>
internal sealed record UserRights(uint Uid, uint Gid, uint[] Groups)
{
    public static UserRights Of(SystemUser user) => new(user.Uid, user.Gid, user.Groups());

    /// <summary>What the process was started with; asked for once, before any thread took other rights.</summary>
    public static UserRights OfProcess()
    {
        var count = Libc.SystemCall(Libc.SYS_getgroups, 0, []);
        var groups = new uint[Math.Max(0, count)];
        Libc.Check((int)Libc.SystemCall(Libc.SYS_getgroups, groups.Length, groups), "getgroups");
        return new UserRights(Libc.GetEuid(), Libc.GetEgid(), groups);
    }
}

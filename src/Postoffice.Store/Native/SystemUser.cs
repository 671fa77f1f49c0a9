using System.Runtime.InteropServices;

namespace Postoffice.Store.Native;

/// <summary>An entry of the system's password database.</summary>
/// <param name="Name">As the database spells it; the only spelling that becomes part of a path.</param>
public sealed record SystemUser(string Name, uint Uid, uint Gid, string FullName, string Home)
{
    private const int BufferSize = 16 * 1024;

    /// <summary>Null when there is no such user.</summary>
    /// <exception cref="IOException">The database could not be asked: that is our trouble, not an unknown user.</exception>
    public static unsafe SystemUser? Find(string name)
    {
        if (name.Length is 0 or > 255 || name.Contains('\0')) return null;
        Libc.PasswdEntry entry;
        Libc.PasswdEntry* found;
        var buffer = stackalloc byte[BufferSize];
        return Read(Libc.GetPasswdByName(name, &entry, buffer, BufferSize, &found), found);
    }

    /// <inheritdoc cref="Find(string)"/>
    public static unsafe SystemUser? Find(uint uid)
    {
        Libc.PasswdEntry entry;
        Libc.PasswdEntry* found;
        var buffer = stackalloc byte[BufferSize];
        return Read(Libc.GetPasswdByUid(uid, &entry, buffer, BufferSize, &found), found);
    }

    /// <summary>Every group the user belongs to, his own first.</summary>
    public uint[] Groups()
    {
        var groups = new uint[32];
        while (true)
        {
            var count = groups.Length;
            if (Libc.GetGroupList(Name, Gid, groups, ref count) >= 0) return groups[..count];
            groups = new uint[Math.Max(count, groups.Length * 2)];
        }
    }

    private static unsafe SystemUser? Read(int error, Libc.PasswdEntry* entry)
    {
        // ENOENT, ESRCH, EBADF, EPERM: what name services answer for "not there" (getpwnam(3)).
        if (error is not (0 or Libc.ENOENT or 3 or 9 or Libc.EPERM)) throw new IOException($"password database: {Marshal.GetPInvokeErrorMessage(error)}", error);
        return entry == null ? null : new SystemUser(Text(entry->Name), entry->Uid, entry->Gid, Text(entry->Gecos), Text(entry->Home));
    }

    private static string Text(nint pointer) => Marshal.PtrToStringUTF8(pointer) ?? "";
}

using System.Runtime.InteropServices;

namespace Postoffice.Store.Native;

/// <summary>An entry of the system's group database.</summary>
public sealed record SystemGroup(string Name, uint Gid)
{
    private const int BufferSize = 64 * 1024; // names of all members lie in it

    /// <summary>Null when there is no such group.</summary>
    /// <exception cref="IOException">The database could not be asked.</exception>
    public static unsafe SystemGroup? Find(string name)
    {
        if (name.Length is 0 or > 255 || name.Contains('\0')) return null;
        Libc.GroupEntry entry;
        Libc.GroupEntry* found;
        var buffer = new byte[BufferSize];
        fixed (byte* room = buffer)
        {
            var error = Libc.GetGroupByName(name, &entry, room, BufferSize, &found);
            // ENOENT, ESRCH, EBADF, EPERM: what name services answer for "not there" (getgrnam(3)).
            if (error is not (0 or Libc.ENOENT or 3 or 9 or Libc.EPERM)) throw new IOException($"group database: {Marshal.GetPInvokeErrorMessage(error)}", error);
            return found == null ? null : new SystemGroup(Marshal.PtrToStringUTF8(found->Name) ?? "", found->Gid);
        }
    }
}

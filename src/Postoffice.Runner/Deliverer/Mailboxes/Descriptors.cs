using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer.Mailboxes;

/// <summary>Whole reads and writes on open files, and names below an open directory. False means: errno says why.</summary>
internal static class Descriptors
{
    private const uint OwnerOnly = 0x180; // 0600

    public static int Number(this SafeFileHandle handle) => (int)handle.DangerousGetHandle();

    /// <summary>Opens a name in a directory; a symbolic link is never followed and a FIFO never waited for.</summary>
    public static bool TryOpenAt(this SafeFileHandle directory, string name, int flags, [NotNullWhen(true)] out SafeFileHandle? handle)
    {
        int descriptor;
        do descriptor = Libc.OpenAt(directory.Number(), name, flags | Libc.O_NOFOLLOW | Libc.O_CLOEXEC | Libc.O_NONBLOCK | Libc.O_NOCTTY, OwnerOnly);
        while (descriptor < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);
        handle = descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
        return handle is not null;
    }

    /// <summary>Opens a directory by its path; links on the way are followed with the rights the thread has.</summary>
    public static bool TryOpenDirectory(string path, [NotNullWhen(true)] out SafeFileHandle? handle)
    {
        var descriptor = Libc.Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        handle = descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
        return handle is not null;
    }

    public static bool TryStat(this SafeFileHandle directory, string name, out Libc.StatX file) =>
        Libc.StatExtended(directory.Number(), name, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out file) == 0;

    public static bool TryWriteAll(this SafeFileHandle file, ReadOnlySpan<byte> octets)
    {
        while (octets.Length > 0)
        {
            var written = Libc.Write(file.Number(), octets, octets.Length);
            if (written > 0) octets = octets[(int)written..];
            else if (written == 0 || Marshal.GetLastPInvokeError() != Libc.EINTR) return false;
        }
        return true;
    }

    /// <returns>Octets read: fewer than asked for at the end of the file; -1: errno says why.</returns>
    public static int ReadFullyAt(this SafeFileHandle file, Span<byte> octets, long offset)
    {
        var total = 0;
        while (total < octets.Length)
        {
            var read = Libc.ReadAt(file.Number(), octets[total..], octets.Length - total, offset + total);
            if (read == 0) break;
            if (read > 0) total += (int)read;
            else if (Marshal.GetLastPInvokeError() != Libc.EINTR) return -1;
        }
        return total;
    }

    public static bool TrySync(this SafeFileHandle file) => Libc.FSync(file.Number()) == 0;

    public static ulong Device(this in Libc.StatX file) => ((ulong)file.DeviceMajor << 32) | file.DeviceMinor;

    public static bool IsSameFile(this in Libc.StatX one, in Libc.StatX other) => one.Inode == other.Inode && one.Device() == other.Device();
}

using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer.Mailboxes;

/// <summary>What became of an attempt to make the dot-lock.</summary>
internal enum DotLockResult
{
    Made,

    /// <summary>The user may not make files in this directory (Debian's <c>/var/mail</c>) and nobody else holds one: the kernel locks have to do, as with Postfix.</summary>
    Impossible,

    Held,
}

/// <summary>
/// <c>MAILBOX.lock</c>, the lock of readers that trust no kernel lock. Stale when its process is gone and it is ours or older than half
/// a minute, or when it is older than ten minutes whoever made it.
/// </summary>
internal static class DotLock
{
    private static readonly TimeSpan OrphanAge = TimeSpan.FromSeconds(30); // time enough to write the pid
    private static readonly TimeSpan StaleAge = TimeSpan.FromMinutes(10);

    // Where our pids mean something: this start of this machine, this container. What a killed deliverer left is then known for ours at once.
    private static readonly string Origin =
        $"postoffice {SafeFile.ReadText("/proc/sys/kernel/random/boot_id", 64).Trim()} {new FileInfo("/proc/self/ns/pid").LinkTarget}";

    public static string NameFor(string mailbox) => mailbox + ".lock";

    /// <param name="now">Compared with the lock file's modification time.</param>
    public static DotLockResult TryMake(SafeFileHandle directory, string name, DateTimeOffset now)
    {
        if (TryCreate(directory, name, out var error)) return DotLockResult.Made;
        if (error is Libc.EACCES or Libc.EPERM or Libc.EROFS) return DotLockResult.Impossible;
        if (error != Libc.EEXIST || !IsStale(directory, name, now)) return DotLockResult.Held;
        // Where we may not remove it, a stale lock means no more than none. Two breakers at once are kept apart by the kernel locks.
        if (Libc.UnlinkAt(directory.Number(), name, 0) != 0) return DotLockResult.Impossible;
        return TryCreate(directory, name, out _) ? DotLockResult.Made : DotLockResult.Held;
    }

    public static void Remove(SafeFileHandle directory, string name) => _ = Libc.UnlinkAt(directory.Number(), name, 0);

    private static bool TryCreate(SafeFileHandle directory, string name, out int error)
    {
        error = 0;
        if (!directory.TryOpenAt(name, Libc.O_CREAT | Libc.O_EXCL | Libc.O_WRONLY, out var file))
        {
            error = Marshal.GetLastPInvokeError();
            return false;
        }
        using (file)
        {
            // The pid only helps others to judge us; on a full disk an empty lock is a lock as well.
            _ = file.TryWriteAll(Encoding.UTF8.GetBytes($"{Environment.ProcessId}\n{Origin}\n"));
            return true;
        }
    }

    private static bool IsStale(SafeFileHandle directory, string name, DateTimeOffset now)
    {
        if (!directory.TryStat(name, out var file)) return false; // gone meanwhile: the next try tells
        var age = now - DateTimeOffset.FromUnixTimeSeconds(file.ModifiedSeconds);
        if (age >= StaleAge) return true;
        return file.IsRegular && ReadHolder(directory, name) is var (pid, isOurs) && (isOurs || age >= OrphanAge)
            && Libc.Kill(pid, 0) != 0 && Marshal.GetLastPInvokeError() == Libc.ESRCH;
    }

    /// <summary>Null when the lock names no process, or cannot be read.</summary>
    private static (int Pid, bool IsOurs)? ReadHolder(SafeFileHandle directory, string name)
    {
        if (!directory.TryOpenAt(name, Libc.O_RDONLY, out var file)) return null;
        using (file)
        {
            Span<byte> octets = stackalloc byte[128];
            var length = file.ReadFullyAt(octets, 0);
            if (length <= 0 || !Utf8Parser.TryParse(octets[..length], out int pid, out var digits) || pid <= 0) return null;
            return (pid, octets[digits..length].SequenceEqual(Encoding.UTF8.GetBytes($"\n{Origin}\n")));
        }
    }
}

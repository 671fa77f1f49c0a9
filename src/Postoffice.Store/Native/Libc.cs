using System.Runtime.InteropServices;

namespace Postoffice.Store.Native;

/// <summary>
/// Every call of the C library in the product, so that what .NET cannot do (sync a directory, lock a file, learn a peer's uid)
/// is reviewed in one place. Thin on purpose: callers read <see cref="Marshal.GetLastPInvokeError"/> and judge.
/// </summary>
public static partial class Libc
{
    private const string Library = "libc";

    // <fcntl.h>, x86-64 and arm64 alike where used here.
    public const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_TRUNC = 0x200, O_APPEND = 0x400,
        O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000;

    public static readonly int O_NOFOLLOW = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;
    public static readonly int O_DIRECTORY = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    // <errno.h>
    public const int EPERM = 1, ENOENT = 2, EINTR = 4, EIO = 5, EAGAIN = 11, EACCES = 13, EEXIST = 17, ENOTDIR = 20, EFBIG = 27,
        ENOSPC = 28, EROFS = 30, EPIPE = 32, ELOOP = 40, EDQUOT = 122;

    // <sys/file.h>
    public const int LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8;

    // <time.h>
    public const int CLOCK_BOOTTIME = 7;

    // <sys/socket.h>, <sys/resource.h>
    public const int SOL_SOCKET = 1, SO_PEERCRED = 17, RLIMIT_NOFILE = 7;

    [StructLayout(LayoutKind.Sequential)]
    public struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary>struct statfs as far as it is used: the magic number of the file system comes first.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    public struct StatFs
    {
        public long Type;
        public long BlockSize;
        public ulong Blocks;
        public ulong BlocksFree;
        public ulong BlocksAvailable;
    }

    /// <summary>struct rlimit: what the process may use now, and up to what it may raise that.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ResourceLimit
    {
        public ulong Current;
        public ulong Most;
    }

    /// <summary>struct ucred of SO_PEERCRED: who was at the other end when it connected.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PeerCredentials
    {
        public int Pid;
        public uint Uid;
        public uint Gid;
    }

    /// <summary>struct statx: laid out alike on every architecture, unlike struct stat.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    public struct StatX
    {
        public uint Mask;
        public uint BlockSize;
        public ulong Attributes;
        public uint Links;
        public uint Uid;
        public uint Gid;
        public ushort Mode;
        private readonly ushort spare;
        public ulong Inode;
        public ulong Length;
        public ulong Blocks;
        public ulong AttributesMask;
        private readonly long accessed, accessedNs, born, bornNs, changed, changedNs;
        public long ModifiedSeconds;
        private readonly long modifiedNs;
        private readonly uint specialMajor, specialMinor;
        public uint DeviceMajor;
        public uint DeviceMinor;

        public readonly bool IsRegular => (Mode & 0xF000) == 0x8000;
        public readonly bool IsDirectory => (Mode & 0xF000) == 0x4000;
        public readonly bool IsSocket => (Mode & 0xF000) == 0xC000;

        /// <summary>Permission bits with set-id and sticky: 0 to 07777.</summary>
        public readonly uint Permissions => (uint)Mode & 0xFFF;
    }

    public const int AT_FDCWD = -100, AT_SYMLINK_NOFOLLOW = 0x100, AT_EMPTY_PATH = 0x1000;
    public const uint STATX_BASIC_STATS = 0x7FF;

    /// <summary>With AT_EMPTY_PATH and an empty path: of the descriptor itself.</summary>
    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int StatExtended(int directory, string path, int flags, uint mask, out StatX result);

    [LibraryImport(Library, EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeDirectory(string path, uint mode);

    [LibraryImport(Library, EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unlink(string path);

    public const uint RENAME_NOREPLACE = 1;

    /// <summary>With RENAME_NOREPLACE it fails (EEXIST) where rename would replace a file.</summary>
    [LibraryImport(Library, EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RenameAt2(int fromDirectory, string from, int toDirectory, string to, uint flags);

    /// <summary>Gives the file real blocks. Answers the error itself; errno is not set.</summary>
    [LibraryImport(Library, EntryPoint = "posix_fallocate")]
    public static partial int Allocate(int descriptor, long offset, long length);

    [LibraryImport(Library, EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Rename(string from, string to);

    /// <summary>struct passwd of <c>getpwnam_r</c>; the strings live in the caller's buffer.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PasswdEntry
    {
        public nint Name;
        public nint Password;
        public uint Uid;
        public uint Gid;
        public nint Gecos;
        public nint Home;
        public nint Shell;
    }

    [LibraryImport(Library, EntryPoint = "getpwnam_r", StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial int GetPasswdByName(string name, PasswdEntry* entry, byte* buffer, nint length, PasswdEntry** result);

    [LibraryImport(Library, EntryPoint = "getpwuid_r")]
    internal static unsafe partial int GetPasswdByUid(uint uid, PasswdEntry* entry, byte* buffer, nint length, PasswdEntry** result);

    /// <summary>struct group of <c>getgrnam_r</c>; the strings live in the caller's buffer.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct GroupEntry
    {
        public nint Name;
        public nint Password;
        public uint Gid;
        public nint Members;
    }

    [LibraryImport(Library, EntryPoint = "getgrnam_r", StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial int GetGroupByName(string name, GroupEntry* entry, byte* buffer, nint length, GroupEntry** result);

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    public static partial int FSync(int descriptor);

    [LibraryImport(Library, EntryPoint = "syncfs", SetLastError = true)]
    public static partial int SyncFs(int descriptor);

    [LibraryImport(Library, EntryPoint = "ftruncate", SetLastError = true)]
    public static partial int FTruncate(int descriptor, long length);

    [LibraryImport(Library, EntryPoint = "lseek", SetLastError = true)]
    public static partial long LSeek(int descriptor, long offset, int whence);

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    public static partial int FLock(int descriptor, int operation);

    [LibraryImport(Library, EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Chown(string path, uint uid, uint gid);

    [LibraryImport(Library, EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Chmod(string path, uint mode);

    [LibraryImport(Library, EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ExecV(string path, string?[] arguments);

    /// <summary>Becomes another program; returns only when that failed.</summary>
    /// <param name="arguments">Argument 0 first.</param>
    public static void Execute(string path, IEnumerable<string> arguments) => _ = ExecV(path, [.. arguments, null]);

    [LibraryImport(Library, EntryPoint = "fchmod", SetLastError = true)]
    public static partial int FChmod(int descriptor, uint mode);

    [LibraryImport(Library, EntryPoint = "umask")]
    public static partial uint UMask(uint mask);

    [LibraryImport(Library, EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int StatFileSystem(string path, out StatFs result);

    [LibraryImport(Library, EntryPoint = "clock_gettime", SetLastError = true)]
    public static partial int ClockGetTime(int clock, out TimeSpec time);

    [LibraryImport(Library, EntryPoint = "getuid")]
    public static partial uint GetUid();

    [LibraryImport(Library, EntryPoint = "geteuid")]
    public static partial uint GetEuid();

    [LibraryImport(Library, EntryPoint = "getegid")]
    public static partial uint GetEgid();

    /// <summary>glibc's wrapper: changes every thread of the process.</summary>
    [LibraryImport(Library, EntryPoint = "setgroups", SetLastError = true)]
    public static partial int SetGroups(nint count, uint[] groups);

    /// <summary>glibc's wrapper: changes every thread of the process.</summary>
    [LibraryImport(Library, EntryPoint = "setresgid", SetLastError = true)]
    public static partial int SetResGid(uint real, uint effective, uint saved);

    /// <summary>glibc's wrapper: changes every thread of the process.</summary>
    [LibraryImport(Library, EntryPoint = "setresuid", SetLastError = true)]
    public static partial int SetResUid(uint real, uint effective, uint saved);

    /// <summary>Fills <paramref name="groups"/> with the user's groups; -1 when it is too small.</summary>
    [LibraryImport(Library, EntryPoint = "getgrouplist", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int GetGroupList(string user, uint group, uint[] groups, ref int count);

    [LibraryImport(Library, EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetPeerCredentials(int socket, int level, int option, out PeerCredentials credentials, ref int length);

    // What the deliverer needs: work below a directory's descriptor, locks that know nothing of processes, rights of one thread.

    public const int O_NOCTTY = 0x100;
    public static readonly int O_TMPFILE = 0x400000 | O_DIRECTORY;
    public const int ESRCH = 3, EISDIR = 21, EMLINK = 31, ENAMETOOLONG = 36, EOPNOTSUPP = 95;
    public const int AT_REMOVEDIR = 0x200;
    public const int F_OFD_SETLK = 37;
    public const short F_WRLCK = 1;
    public const int SIGXFSZ = 25;

    /// <summary>SIG_IGN of <see cref="Signal"/>.</summary>
    public const nint SIG_IGN = 1;

    /// <summary>struct flock on 64-bit Linux; start and length 0 are the whole file, and the pid stays 0 for F_OFD_SETLK.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct FileLock
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Pid;
    }

    [LibraryImport(Library, EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OpenAt(int directory, string path, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeDirectoryAt(int directory, string path, uint mode);

    [LibraryImport(Library, EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int UnlinkAt(int directory, string path, int flags);

    [LibraryImport(Library, EntryPoint = "renameat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RenameAt(int fromDirectory, string from, int toDirectory, string to);

    [LibraryImport(Library, EntryPoint = "fchown", SetLastError = true)]
    public static partial int FChown(int descriptor, uint uid, uint gid);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, ReadOnlySpan<byte> octets, nint length);

    [LibraryImport(Library, EntryPoint = "pread", SetLastError = true)]
    public static partial nint ReadAt(int descriptor, Span<byte> octets, nint length, long offset);

    /// <summary>F_OFD_SETLK: belongs to the open file, so threads exclude each other, and programs with classic fcntl locks are excluded too.</summary>
    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    public static partial int FcntlLock(int descriptor, int command, ref FileLock fileLock);

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    [LibraryImport(Library, EntryPoint = "signal", SetLastError = true)]
    public static partial nint Signal(int signal, nint handler);

    /// <summary>DIR* of a directory's descriptor, which it then owns.</summary>
    [LibraryImport(Library, EntryPoint = "fdopendir", SetLastError = true)]
    public static partial nint OpenDirectoryStream(int descriptor);

    /// <summary>struct dirent*; 0 at the end.</summary>
    [LibraryImport(Library, EntryPoint = "readdir", SetLastError = true)]
    public static partial nint ReadDirectory(nint stream);

    [LibraryImport(Library, EntryPoint = "closedir", SetLastError = true)]
    public static partial int CloseDirectory(nint stream);

    /// <summary>d_name within struct dirent on 64-bit Linux.</summary>
    public const int DirectoryEntryNameOffset = 19;

    // System call numbers: glibc's wrappers change every thread of the process, the calls themselves only the caller's.
    private static readonly bool Arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    public static readonly nint SYS_getgroups = Arm ? 158 : 115;
    public static readonly nint SYS_setgroups = Arm ? 159 : 116;
    public static readonly nint SYS_setresuid = Arm ? 147 : 117;
    public static readonly nint SYS_setresgid = Arm ? 149 : 119;
    public static readonly nint SYS_geteuid = Arm ? 175 : 107;
    public static readonly nint SYS_getegid = Arm ? 177 : 108;

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    public static partial nint SystemCall(nint number, nint first, nint second, nint third);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    public static partial nint SystemCall(nint number, nint count, [In, Out] uint[] groups);

    [LibraryImport(Library, EntryPoint = "getrlimit", SetLastError = true)]
    public static partial int GetResourceLimit(int resource, out ResourceLimit limit);

    // <malloc.h>
    public const int M_TRIM_THRESHOLD = -1, M_MMAP_THRESHOLD = -3;

    /// <summary>1 when glibc took it.</summary>
    [LibraryImport(Library, EntryPoint = "mallopt")]
    public static partial int MallocOption(int option, int value);

    /// <exception cref="IOException">The call failed; says which file and why.</exception>
    public static void Check(int result, string what)
    {
        if (result >= 0) return;
        var error = Marshal.GetLastPInvokeError();
        throw new IOException($"{what}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    /// <summary>For a call that is made again when a signal interrupted it.</summary>
    public static void CheckUnlessInterrupted(string what)
    {
        if (Marshal.GetLastPInvokeError() != EINTR) Check(-1, what);
    }
}

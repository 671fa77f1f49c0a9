using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Postoffice.Store.Native;

/// <summary>Files opened as files of a hostile world are: never through a symbolic link at the end, never inherited by a child, 0600 when made.</summary>
public static class SafeFile
{
    private const uint OwnerOnly = 0x180; // 0600

    /// <summary>What the name is; a symbolic link is itself, not what it points at.</summary>
    public static bool TryStat(string path, out Libc.StatX file) =>
        Libc.StatExtended(Libc.AT_FDCWD, path, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out file) == 0;

    public static bool TryStat(SafeFileHandle handle, out Libc.StatX file) =>
        Libc.StatExtended((int)handle.DangerousGetHandle(), "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, out file) == 0;

    /// <param name="flags">O_… of <see cref="Libc"/>; O_NOFOLLOW and O_CLOEXEC are added.</param>
    /// <param name="handle">Closed by the caller.</param>
    /// <param name="error">errno when false.</param>
    public static bool TryOpen(string path, int flags, [NotNullWhen(true)] out SafeFileHandle? handle, out int error, uint mode = OwnerOnly)
    {
        int descriptor;
        do
        {
            descriptor = Libc.Open(path, flags | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, mode);
            error = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
        while (error == Libc.EINTR);
        handle = descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
        return handle is not null;
    }

    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SafeFileHandle Open(string path, int flags, uint mode = OwnerOnly) => TryOpen(path, flags, out var handle, out var error, mode)
        ? handle
        : throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(error)}", error);

    /// <summary>The whole text, read as UTF-8 (broken octets become U+FFFD).</summary>
    /// <param name="maxOctets">More than this is an error, so that nobody feeds us a disk.</param>
    /// <exception cref="IOException">It cannot be read or is too long.</exception>
    public static string ReadText(string path, int maxOctets)
    {
        using var handle = Open(path, Libc.O_RDONLY);
        return ReadText(handle, path, maxOctets);
    }

    /// <param name="handle">Open for reading, at its beginning.</param>
    /// <param name="path">For the words of an error.</param>
    /// <inheritdoc cref="ReadText(string, int)"/>
    public static string ReadText(SafeFileHandle handle, string path, int maxOctets)
    {
        using var stream = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        using var text = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            text.Write(buffer, 0, read);
            if (text.Length > maxOctets) throw new IOException($"{path}: longer than {maxOctets} octets");
        }
        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    /// <summary>Makes what happened to a directory's names (create, rename, unlink) outlast a power cut; .NET cannot.</summary>
    /// <exception cref="IOException">The sync failed.</exception>
    public static void SyncDirectory(string path)
    {
        using var directory = Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        Libc.Check(Libc.FSync((int)directory.DangerousGetHandle()), path);
    }
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Postoffice.Runner.Deliverer.Mailboxes;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer.Recovery;

/// <summary>The names in an open folder.</summary>
internal static class FolderNames
{
    /// <summary>All of them, read when asked for; none when the folder cannot be read.</summary>
    public static IReadOnlyList<string> Read(SafeFileHandle folder)
    {
        var names = new List<string>();
        var descriptor = Libc.OpenAt(folder.Number(), ".", Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        if (descriptor < 0) return names;
        var stream = Libc.OpenDirectoryStream(descriptor);
        if (stream == 0)
        {
            _ = Libc.Close(descriptor);
            return names;
        }
        for (nint entry; (entry = Libc.ReadDirectory(stream)) != 0;)
        {
            if (Marshal.PtrToStringUTF8(entry + Libc.DirectoryEntryNameOffset) is { } name) names.Add(name);
        }
        _ = Libc.CloseDirectory(stream);
        return names;
    }
}

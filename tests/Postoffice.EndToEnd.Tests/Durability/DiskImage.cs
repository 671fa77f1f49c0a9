using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>
/// A file system in a file, whose power can be cut: what was not synced is gone, as it is for a disk, and not for a process that is killed.
/// Needs root and loop devices. <c>scripts/test</c> runs the tests in a mount namespace of their own, so that nothing stays mounted whatever ends them.
/// </summary>
internal sealed partial class DiskImage : IDisposable
{
    private const nuint Shutdown = 0x8004587D; // FS_IOC_SHUTDOWN of ext4 and XFS, _IOR('X', 125, __u32)
    private const uint WithoutFlushing = 2; // FS_SHUTDOWN_FLAGS_NOLOGFLUSH: not even the journal in memory is written
    private readonly TempDirectory directory = new();

    /// <param name="kind">ext4 or xfs.</param>
    /// <param name="megabytes">XFS wants 300 at least.</param>
    /// <param name="path">The empty folder that it stands in for.</param>
    public DiskImage(string kind, int megabytes, string path)
    {
        OutsideProgram.RequireRoot("file systems are mounted");
        Path = path;
        var mode = File.GetUnixFileMode(path);
        using (var image = new FileStream(Image, FileMode.CreateNew)) image.SetLength(megabytes * 1024L * 1024);
        Run(OutsideProgram.Require($"mkfs.{kind}"), "-q", Image);
        Mount();
        File.SetUnixFileMode(path, mode);
        Run("sync", "--file-system", path);
    }

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    private string Image => directory.File("image");

    /// <summary>Cuts the power: from now on nothing is written, and whatever was not synced never will be.</summary>
    public void Cut()
    {
        using var root = OpenDirectory(Path);
        var flags = WithoutFlushing;
        if (Control(root, Shutdown, ref flags) != 0) throw new IOException($"{Path}: its power cannot be cut: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>The power is back: mounts it anew, which replays its journal.</summary>
    public async Task RestoreAsync()
    {
        Outcome unmounted = null!;
        await Eventually.HoldsAsync(
            () => (unmounted = Outcome.OfAsync("umount", [Path]).Result).ExitCode == 0, // the kernel closes what the killed had open in its own time
            () => $"nobody who uses {Path}: {unmounted.Error}");
        Mount();
    }

    public void Dispose()
    {
        Run("umount", "--lazy", Path);
        directory.Dispose();
    }

    private void Mount() => Run("mount", "-o", "loop", Image, Path);

    private static SafeFileHandle OpenDirectory(string path)
    {
        const int readOnlyDirectory = 0x10000; // O_RDONLY | O_DIRECTORY
        var handle = Open(path, readOnlyDirectory);
        return handle.IsInvalid ? throw new IOException($"{path}: {Marshal.GetLastPInvokeErrorMessage()}") : handle;
    }

    private static void Run(string program, params IEnumerable<string> arguments) =>
        Outcome.OfAsync(program, [.. arguments]).GetAwaiter().GetResult().Succeeded();

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, nuint request, ref uint argument);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);
}

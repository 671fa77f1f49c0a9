using Postoffice.Store.Native;
using Xunit;

namespace Postoffice.Testing;

/// <summary>A file system of a few megabytes, mounted for one test; only root can.</summary>
public sealed class SmallDisk : IDisposable
{
    private readonly TempDirectory place = new();

    private SmallDisk()
    {
    }

    public static SmallDisk Mount(int megabytes)
    {
        if (Libc.GetEuid() != 0) Assert.Skip("only root can mount a small disk");
        var disk = new SmallDisk();
        disk.Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=0700", "tmpfs", disk.place.Path);
        return disk;
    }

    public string File(string name) => place.File(name);

    /// <summary>Takes every free octet.</summary>
    public void Fill()
    {
        using var handle = SafeFile.Open(place.File("filler"), Libc.O_WRONLY | Libc.O_CREAT);
        var offset = 0L;
        for (var step = 1L << 20; step >= 4096; step /= 2)
        {
            while (Libc.Allocate((int)handle.DangerousGetHandle(), offset, step) == 0) offset += step;
        }
    }

    public void Dispose()
    {
        Run("umount", place.Path);
        place.Dispose();
    }

    private void Run(string program, params string[] arguments)
    {
        using var child = ChildProcess.Start(program, arguments);
        Assert.Equal(0, child.ExitAsync(CancellationToken.None).GetAwaiter().GetResult());
    }
}

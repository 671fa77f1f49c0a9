using System.Diagnostics;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>A file system in memory that is easily filled. Needs root.</summary>
public sealed class SmallFileSystem : IDisposable
{
    private readonly TempDirectory directory = new();

    public SmallFileSystem(int megabytes) => Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=0755", "tmpfs", Path);

    public string Path => directory.Path;

    private string Ballast => System.IO.Path.Join(Path, "ballast");

    /// <summary>Leaves not one free octet.</summary>
    public void Fill()
    {
        using var file = System.IO.File.Create(Ballast);
        var block = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(block);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // Full: what was wanted.
        }
    }

    public void Free() => System.IO.File.Delete(Ballast);

    public void Dispose()
    {
        Run("umount", "-l", Path);
        directory.Dispose();
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit code {process.ExitCode}");
    }
}

using Xunit;

namespace Postoffice.Testing;

/// <summary>Programs that tests use and Postoffice does not bring: swaks, smtp-sink, strace and the like.</summary>
public static class OutsideProgram
{
    // Debian keeps smtp-source and smtp-sink where an ordinary user's PATH does not look.
    private static readonly string[] AlsoSearched = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

    /// <summary>
    /// The program's absolute path. When it is not there the calling test ends: skipped on a developer's machine,
    /// failed under <c>CI=true</c>, where a test that silently does not run would be a hole.
    /// </summary>
    /// <param name="name">Name without a path, for example <c>swaks</c>.</param>
    public static string Require(string name)
    {
        return Find(name) ?? throw Missing($"{name} is not installed here; scripts/test installs it when run as root, or says what to install.");
    }

    /// <summary>The absolute path of a library of this architecture that is preloaded; it is missing as in <see cref="Require"/>.</summary>
    /// <param name="file">Its file's name.</param>
    public static string RequireLibrary(string file) =>
        Directory.EnumerateDirectories("/usr/lib", "*-linux-gnu*").Append("/usr/lib").Select(folder => Path.Join(folder, file)).FirstOrDefault(Path.Exists)
        ?? throw Missing($"{file} is not installed here; scripts/test installs it when run as root, or says what to install.");

    /// <summary>The absolute path of a program from a package that cannot be installed beside others; it is missing as in <see cref="Require"/>.</summary>
    /// <param name="package">Debian's name.</param>
    /// <param name="file">Path inside the package.</param>
    public static string RequireUnpacked(string package, string file)
    {
        var path = Checkout.At($"out/tools/{package}/{file}");
        return IsExecutable(path) ? path : throw Missing($"{path} is not there; scripts/test fetches it when run as root.");
    }

    /// <summary>For what only root can do: the test ends as in <see cref="Require"/>.</summary>
    public static void RequireRoot(string reason)
    {
        if (!Environment.IsPrivilegedProcess) throw Missing($"needs root: {reason}");
    }

    /// <summary>The program's absolute path, or null when no folder of PATH or sbin holds it as an executable file.</summary>
    /// <param name="name">Name without a path.</param>
    public static string? Find(string name)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return folders.Concat(AlsoSearched).Select(folder => Path.Join(folder, name)).FirstOrDefault(IsExecutable);
    }

    private static InvalidOperationException Missing(string sentence)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(sentence);
        Assert.Skip(sentence);
        return new InvalidOperationException(sentence); // not reached: both of the above throw
    }

    private static bool IsExecutable(string path)
    {
        const UnixFileMode anyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        var file = new FileInfo(path);
        return file.Exists && (file.UnixFileMode & anyExecute) != UnixFileMode.None;
    }
}

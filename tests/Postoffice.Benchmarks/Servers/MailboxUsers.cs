using Postoffice.Store.Native;
using Postoffice.Testing;

namespace Postoffice.Benchmarks.Servers;

/// <summary>A hundred users with their homes, who exist only for servers that run by <see cref="Wrapper"/>.</summary>
internal sealed class MailboxUsers : IDisposable
{
    public const int Count = 100;
    private const int FirstUid = 61_000; // of nobody on Debian
    private const int MaxOctets = 1 << 20;
    private readonly TempDirectory folder = new();

    public MailboxUsers()
    {
        const UnixFileMode walkable = (UnixFileMode)0b111_101_101, spoolMode = (UnixFileMode)0b001_111_111_111; // 1777, as Debian's /var/mail for more than one group
        OutsideProgram.RequireRoot("users are made up in a mount namespace");
        new DirectoryInfo(folder.Path).UnixFileMode = walkable;
        Directory.CreateDirectory(Homes);
        Directory.CreateDirectory(Spool);
        new DirectoryInfo(Spool).UnixFileMode = spoolMode;
        using (var passwd = new StreamWriter(Passwd))
        {
            passwd.Write(SafeFile.ReadText("/etc/passwd", MaxOctets));
            passwd.Write(string.Concat(All.Select((user, at) => $"{user}:x:{FirstUid + at}:{FirstUid + at}::{Homes}/{user}:/bin/sh\n")));
        }

        foreach (var (user, at) in All.Select((user, at) => (user, at)))
        {
            Directory.CreateDirectory(Path.Join(Homes, user));
            Own((uint)(FirstUid + at), Path.Join(Homes, user));
        }
    }

    public static IReadOnlyList<string> All { get; } = [.. Enumerable.Range(0, Count).Select(number => $"u{number:000}")];

    /// <summary>Their homes' parent.</summary>
    public string Homes => folder.File("home");

    /// <summary>Where their mboxes are.</summary>
    public string Spool => folder.File("mail");

    /// <summary>What a command line begins with so that the users exist for it.</summary>
    public IReadOnlyList<string> Wrapper => ["unshare", "--mount", "sh", "-c", "mount --bind \"$0\" /etc/passwd && exec \"$@\"", Passwd];

    private string Passwd => folder.File("passwd");

    public void Dispose() => folder.Dispose();

    private static void Own(uint uid, string path)
    {
        if (Libc.Chown(path, uid, uid) != 0) throw new BenchmarkException($"{path} cannot be given to uid {uid}: root only can do that");
    }
}

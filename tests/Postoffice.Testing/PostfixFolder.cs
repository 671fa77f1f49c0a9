using System.Diagnostics;
using Postoffice.Store.Native;

namespace Postoffice.Testing;

/// <summary>Debian's Postfix with its configuration, queue and data in one folder. Root's only, as its master is.</summary>
public static class PostfixFolder
{
    /// <summary>The program that is Postfix: in the foreground with <c>-c FOLDER/etc -d</c>, ended by SIGTERM with all it started.</summary>
    public const string Master = "/usr/lib/postfix/sbin/master";

    private const int MaxOctets = 1 << 20;

    /// <summary>Writes the configuration and has Postfix make its folders.</summary>
    /// <param name="folder">Others than root must be able to walk through it.</param>
    /// <param name="port">Where it listens on 127.0.0.1.</param>
    /// <param name="settings">Lines of main.cf beside the paths; everything else is at Debian's defaults.</param>
    public static void Prepare(string folder, int port, params IEnumerable<string> settings)
    {
        OutsideProgram.RequireRoot("Postfix's master runs as root only");
        var program = OutsideProgram.Require("postfix");
        foreach (var part in (string[])["etc", "spool", "data"]) Directory.CreateDirectory(Path.Join(folder, part));
        Write(Path.Join(folder, "etc/main.cf"),
        [
            "compatibility_level = 3.6",
            "biff = no",
            "append_dot_mydomain = no",
            $"queue_directory = {Path.Join(folder, "spool")}",
            $"data_directory = {Path.Join(folder, "data")}",
            "mail_owner = postfix",
            "setgid_group = postdrop",
            "alias_maps =",
            "inet_interfaces = 127.0.0.1",
            "inet_protocols = ipv4",
            .. settings,
        ]);
        Write(Path.Join(folder, "etc/master.cf"), [.. Services(port)]);
        Run("chown", "postfix", Path.Join(folder, "data"));
        Run(program, "-c", Path.Join(folder, "etc"), "check"); // makes the folders of the queue
    }

    /// <summary>Debian's own list, on our port and not in a chroot, whose folders only a real installation has.</summary>
    private static IEnumerable<string> Services(int port) => SafeFile.ReadText("/usr/share/postfix/master.cf.dist", MaxOctets).Split('\n')
        .Where(line => line.Length > 0 && line[0] is not '#' and not ' ' and not '\t')
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        .Select(fields =>
        {
            if (fields[0] == "smtp" && fields[1] == "inet") fields[0] = $"127.0.0.1:{port}";
            fields[4] = "n";
            return string.Join(' ', fields);
        });

    private static void Write(string path, string[] lines)
    {
        using var file = new StreamWriter(path);
        file.Write(string.Join('\n', lines) + '\n');
    }

    private static void Run(string program, params IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {said}");
    }
}

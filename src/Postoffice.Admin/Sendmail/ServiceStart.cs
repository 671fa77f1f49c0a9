using System.Diagnostics;
using System.Runtime.InteropServices;
using Postoffice.Store.Native;

namespace Postoffice.Admin.Sendmail;

/// <summary><c>-bd</c>, <c>-bD</c>, <c>smtpd</c>: the services that stand beside this program, as init scripts of old start them.</summary>
internal static class ServiceStart
{
    private const string Listener = "postoffice-smtpd";
    private const string Runner = "postoffice-runner";
    private const string Detached = """exec /usr/bin/setsid --fork "$@" < /dev/null > /dev/null 2>&1""";

    /// <summary>Starts the listener, with <c>-qTIME</c> the runner too. In the foreground this process becomes the listener.</summary>
    public static int Run(string program, SendmailOptions options, Screen screen, bool detach)
    {
        if (Libc.GetUid() != 0) return Denied(program, screen);
        if (options.QueueInterval && Detach(Runner, program, options, screen) is not ExitCode.Ok and var failed) return failed;
        return detach ? Detach(Listener, program, options, screen) : Become(Listener, program, options, screen);
    }

    /// <summary><c>sendmail -q15m</c>: the runner alone (C-CLI-16).</summary>
    public static int RunRunner(string program, SendmailOptions options, Screen screen) =>
        Libc.GetUid() != 0 ? Denied(program, screen) : Detach(Runner, program, options, screen);

    private static int Denied(string program, Screen screen)
    {
        screen.Complain(program, "Permission denied. Only root may start the services so."); // C-CLI-17
        return ExitCode.NotPermitted;
    }

    private static string PathOf(string service) => Path.Join(Path.GetDirectoryName(Environment.ProcessPath), service);

    private static List<string> Arguments(SendmailOptions options) =>
    [
        .. options.ConfigurationFile is { } file ? (string[])["-C", file] : [],
        .. options.Settings.SelectMany(setting => (string[])["-o", setting]),
    ];

    private static int Become(string service, string program, SendmailOptions options, Screen screen)
    {
        var path = PathOf(service);
        Libc.Execute(path, [service, .. Arguments(options)]);
        screen.Complain(program, $"{path} cannot be started: {Marshal.GetLastPInvokeErrorMessage()}");
        return ExitCode.System;
    }

    /// <summary>
    /// A session of its own without a terminal, and nothing of the caller's streams, whose end he may wait for (C-CLI-13): setsid(1) forks and returns at
    /// once. The arguments are the shell's parameters and no part of its text.
    /// </summary>
    private static int Detach(string service, string program, SendmailOptions options, Screen screen)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", Detached, service, PathOf(service), .. Arguments(options)]) { UseShellExecute = false };
        try
        {
            using var started = Process.Start(start)!;
            started.WaitForExit();
            return started.ExitCode == 0 ? ExitCode.Ok : ExitCode.System;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            screen.Complain(program, $"{service} cannot be started: {missing.Message}");
            return ExitCode.System;
        }
    }
}

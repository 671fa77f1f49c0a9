using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Postoffice.Runner.Deliverer.Mailboxes;
using Postoffice.Runner.Deliverer.Serving;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Deliverer;

/// <summary>
/// <c>postoffice-runner --deliver [-C FILE]</c>: the part that writes mailboxes with their owners' rights. Started by the runner as its
/// child; ends when its standard input does. Opens neither the store nor a socket.
/// </summary>
internal static class DelivererProgram
{
    private const int UsageError = 64, ConfigurationError = 78, ProtocolError = 76; // sysexits.h
    private const uint PrivateMask = 0x3F; // 077

    public static int Run(string[] args)
    {
        var given = args is ["--deliver", "-C", var file] ? file : null;
        if (given is null && args is not ["--deliver"]) return Refuse(UsageError, "usage: postoffice-runner --deliver [-C FILE]");
        if (!DelivererConfiguration.TryRead(given, out var mailbox, out var reason)) return Refuse(ConfigurationError, reason);

        _ = Libc.UMask(PrivateMask);
        _ = Libc.Signal(Libc.SIGXFSZ, Libc.SIG_IGN); // a size limit is an error of one write (EFBIG), not our death
        // Whoever stops the service stops the runner, and the runner us, after its last commit. A signal to all would be too early.
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, static signal => signal.Cancel = true);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static signal => signal.Cancel = true);
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, static signal => signal.Cancel = true);
        LoadEverything();

        var server = new DelivererServer(new DelivererOptions(mailbox, Environment.MachineName) { ConfigurationFile = given }, TimeProvider.System, Say);
        return server.Serve(Console.OpenStandardInput(), Console.OpenStandardOutput()) ? 0 : ProtocolError;
    }

    /// <summary>Libraries and data that load at their first use must not load under a user's rights.</summary>
    private static void LoadEverything()
    {
        _ = SHA256.HashData([]);
        _ = TimeZoneInfo.Local.BaseUtcOffset;
        _ = SystemUser.Find("root")?.Groups();
        RuntimeHelpers.RunClassConstructor(typeof(DotLock).TypeHandle);
    }

    private static int Refuse(int exitCode, string sentence)
    {
        Say(sentence);
        return exitCode;
    }

    private static void Say(string sentence) => Console.Error.WriteLine($"postoffice-runner --deliver: {sentence}");
}

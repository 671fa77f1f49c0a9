using System.Diagnostics;
using System.Net;
using Postoffice.Testing;

namespace Postoffice.Benchmarks.Servers;

/// <summary>
/// Debian's Postfix with Debian's defaults, on the same file system as ours. It logs to nobody: no system logger runs for it, which spares it that
/// work.
/// </summary>
internal sealed class PostfixServer : MailServer
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly TempDirectory folder = new();
    private Process? master;

    private PostfixServer()
    {
        const UnixFileMode walkable = (UnixFileMode)0b111_101_101;
        new DirectoryInfo(folder.Path).UnixFileMode = walkable; // its services run as users of their own
    }

    public override IPEndPoint Listener { get; } = new(IPAddress.Loopback, Installation.FreePort());

    protected override IEnumerable<int> Roots => [master!.Id];

    public static async Task<MailServer> StartAsync(Delivery delivery, CancellationToken ct)
    {
        var server = new PostfixServer();
        try
        {
            server.Start(delivery);
            await Reachable.WaitAsync(server.Listener, ct);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    public override void Dispose()
    {
        if (master is { HasExited: false })
        {
            using var kill = Process.Start("kill", ["-TERM", $"{master.Id}"]); // master ends the others
            kill.WaitForExit();
            if (!master.WaitForExit(Patience)) master.Kill(entireProcessTree: true);
        }
        master?.Dispose();
        folder.Dispose();
    }

    private void Start(Delivery delivery)
    {
        PostfixFolder.Prepare(folder.Path, Listener.Port, ["myhostname = bench.example.test", .. Settings(delivery)]);
        string[] command = [.. (delivery as Delivery.ToMailboxes)?.Users.Wrapper ?? [], PostfixFolder.Master, "-c", folder.File("etc"), "-d"];
        master = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, UseShellExecute = false })!;
    }

    private static string[] Settings(Delivery delivery) => delivery switch
    {
        Delivery.Relayed(var nextHop) => ["mydestination =", $"relayhost = [{nextHop.Address}]:{nextHop.Port}"],
        Delivery.ToMailboxes(_, MailboxKind.Maildir) => ["mydestination = example.test", "home_mailbox = Maildir/"],
        Delivery.ToMailboxes(var users, MailboxKind.Mbox) => ["mydestination = example.test", $"mail_spool_directory = {users.Spool}"],
        _ => ["mydestination =", "smtpd_recipient_restrictions = check_client_access static:HOLD"],
    };
}

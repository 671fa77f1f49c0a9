using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>
/// Debian's Exim in a directory of its own: it takes mail of up to 12 MB for <c>real.test</c>, refuses <c>nobody@real.test</c>, puts off
/// <c>later@real.test</c>, and hands everything else to a site of ours.
/// </summary>
internal sealed class EximServer : PeerServer
{
    private SecludedService? daemon;

    /// <summary>From now on it takes mail for <c>later@real.test</c>.</summary>
    public void NowIsLater() => System.IO.File.WriteAllText(File("data/now"), "");

    public override async Task StartAsync(int port, int relayPort)
    {
        OutsideProgram.RequireRoot("Exim is started as another user");
        var program = OutsideProgram.RequireUnpacked("exim4-daemon-light", "usr/sbin/exim4");
        var own = File("exim4"); // the checkout may be where nobody cannot go
        System.IO.File.Copy(program, own);
        Certify("exim.real.test");
        await System.IO.File.WriteAllTextAsync(File("etc/exim.conf"), Configuration(own, port, relayPort));
        var etc = Directory.CreateDirectory(File("etc/system")).FullName; // before all else it looks for the user of its package
        await System.IO.File.WriteAllTextAsync(Path.Join(etc, "passwd"), $"Debian-exim:x:{Nobody}:{Nobody}::/:/bin/false\n");
        await System.IO.File.WriteAllTextAsync(Path.Join(etc, "group"), $"Debian-exim:x:{Nobody}:\n");
        Own(Nobody);
        daemon = SecludedService.Start(etc, own, "-C", File("etc/exim.conf"), "-bdf");
        await Eventually.HoldsAsync(() => Log.Contains("daemon started", StringComparison.Ordinal), () => $"Exim\n{daemon.Said}{Log}");
    }

    protected override async ValueTask StopAsync()
    {
        if (daemon is not null) await daemon.DisposeAsync();
    }

    private string Configuration(string program, int port, int relayPort) =>
        $$$"""
        exim_path = {{{program}}}
        spool_directory = {{{File("spool")}}}
        log_file_path = {{{File("log")}}}/%s
        pid_file_path = {{{File("data/pid")}}}
        primary_hostname = exim.real.test
        local_interfaces = 127.0.0.1
        daemon_smtp_ports = {{{port}}}
        deliver_drop_privilege
        keep_environment =
        message_size_limit = 12000000
        tls_certificate = {{{Certificate}}}
        tls_privatekey = {{{Key}}}
        log_selector = +8bitmime +received_recipients
        acl_smtp_rcpt = rcpt

        begin acl
        rcpt:
          deny  recipients = nobody@real.test
                message = 5.1.1 there is nobody of that name
          defer recipients = later@real.test
                condition = ${if !exists{{{{File("data/now")}}}}}
                message = 4.2.1 come back later
          accept

        begin routers
        ours:
          driver = accept
          domains = real.test
          transport = mailbox
        others:
          driver = manualroute
          route_list = * 127.0.0.1::{{{relayPort}}}
          self = send
          transport = out

        begin transports
        mailbox:
          driver = appendfile
          directory = {{{File("mail/all")}}}
          maildir_format
        out:
          driver = smtp

        """;
}

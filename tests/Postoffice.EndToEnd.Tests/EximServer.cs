using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>
/// Debian's Exim in a directory of its own: it takes mail of up to 12 MB for <c>real.test</c>, refuses <c>nobody@real.test</c>, puts off
/// <c>later@real.test</c>, and hands everything else to a site of ours.
/// </summary>
internal sealed class EximServer : IAsyncDisposable
{
    private readonly PeerDirectory directory = new();
    private SecludedService? daemon;

    private EximServer()
    {
    }

    public string Log => directory.Log;

    /// <param name="port">Free.</param>
    public static async Task<EximServer> StartAsync(Site site, int port)
    {
        OutsideProgram.RequireRoot("Exim is started as another user");
        var program = OutsideProgram.RequireUnpacked("exim4-daemon-light", "usr/sbin/exim4");
        var exim = new EximServer();
        try
        {
            await exim.StartAsync(program, site.Port, port);
            return exim;
        }
        catch
        {
            await exim.DisposeAsync();
            throw;
        }
    }

    /// <summary>From now on it takes mail for <c>later@real.test</c>.</summary>
    public void NowIsLater() => System.IO.File.WriteAllText(directory.File("data/now"), "");

    public Task LogsAsync(string words) => directory.LogsAsync(words);

    public Task<IReadOnlyList<string>> MailAsync(int count) => directory.MailAsync(count);

    public async ValueTask DisposeAsync()
    {
        if (daemon is not null) await daemon.DisposeAsync();
        directory.Dispose();
    }

    private async Task StartAsync(string program, int relayPort, int port)
    {
        var own = directory.File("exim4"); // the checkout may be where nobody cannot go
        System.IO.File.Copy(program, own);
        directory.Certify("exim.real.test");
        await System.IO.File.WriteAllTextAsync(directory.File("etc/exim.conf"), Configuration(own, relayPort, port));
        var etc = Directory.CreateDirectory(directory.File("etc/system")).FullName; // before all else it looks for the user of its package
        await System.IO.File.WriteAllTextAsync(Path.Join(etc, "passwd"), $"Debian-exim:x:{PeerDirectory.Nobody}:{PeerDirectory.Nobody}::/:/bin/false\n");
        await System.IO.File.WriteAllTextAsync(Path.Join(etc, "group"), $"Debian-exim:x:{PeerDirectory.Nobody}:\n");
        directory.Own(PeerDirectory.Nobody);
        daemon = SecludedService.Start(etc, own, "-C", directory.File("etc/exim.conf"), "-bdf");
        await Eventually.HoldsAsync(() => Log.Contains("daemon started", StringComparison.Ordinal), () => $"Exim\n{daemon.Said}{Log}");
    }

    private string Configuration(string program, int relayPort, int port) =>
        $$$"""
        exim_path = {{{program}}}
        spool_directory = {{{directory.File("spool")}}}
        log_file_path = {{{directory.File("log")}}}/%s
        pid_file_path = {{{directory.File("data/pid")}}}
        primary_hostname = exim.real.test
        local_interfaces = 127.0.0.1
        daemon_smtp_ports = {{{port}}}
        deliver_drop_privilege
        keep_environment =
        message_size_limit = 12000000
        tls_certificate = {{{directory.Certificate}}}
        tls_privatekey = {{{directory.Key}}}
        log_selector = +8bitmime +received_recipients
        acl_smtp_rcpt = rcpt

        begin acl
        rcpt:
          deny  recipients = nobody@real.test
                message = 5.1.1 there is nobody of that name
          defer recipients = later@real.test
                condition = ${if !exists{{{{directory.File("data/now")}}}}}
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
          directory = {{{directory.File("mail/all")}}}
          maildir_format
        out:
          driver = smtp

        """;
}

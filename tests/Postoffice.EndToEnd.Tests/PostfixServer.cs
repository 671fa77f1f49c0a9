using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>
/// Debian's Postfix in a directory of its own, with Debian's services and a certificate: it takes mail for <c>real.test</c>, refuses
/// <c>nobody@real.test</c>, and hands everything else to a site of ours.
/// </summary>
internal sealed class PostfixServer : PeerServer
{
    private Service? master;

    public override async Task StartAsync(int port, int relayPort)
    {
        OutsideProgram.RequireRoot("Postfix's master runs as root only");
        var program = OutsideProgram.Require("postfix");
        Certify("pf.real.test");
        await System.IO.File.WriteAllLinesAsync(File("etc/main.cf"), Main(relayPort));
        await System.IO.File.WriteAllLinesAsync(File("etc/master.cf"), Services(port));
        Own("postfix", "data");
        Own(Nobody, "mail");
        Run(program, "-c", File("etc"), "check"); // makes the folders of the queue
        master = Service.Start("/usr/lib/postfix/sbin/master", "-c", File("etc"), "-d");
        await Eventually.HoldsAsync(() => Log.Contains("daemon started", StringComparison.Ordinal), () => $"Postfix\n{master.Said}{Log}");
    }

    protected override async ValueTask StopAsync()
    {
        if (master is not null) await master.DisposeAsync();
    }

    private string[] Main(int relayPort) =>
    [
        "compatibility_level = 3.6",
        $"queue_directory = {File("spool")}",
        $"data_directory = {File("data")}",
        "mail_owner = postfix",
        "setgid_group = postdrop",
        "myhostname = pf.real.test",
        "mydestination =",
        "alias_maps =",
        "inet_interfaces = 127.0.0.1",
        "inet_protocols = ipv4",
        $"relayhost = [127.0.0.1]:{relayPort}",
        "virtual_mailbox_domains = real.test",
        $"virtual_mailbox_base = {File("mail")}",
        "virtual_mailbox_maps = static:all/",
        $"virtual_uid_maps = static:{Nobody}",
        $"virtual_gid_maps = static:{Nobody}",
        "smtpd_recipient_restrictions = check_recipient_access inline:{ { nobody@real.test = REJECT 5.1.1 there is nobody of that name } }, permit_mynetworks, reject",
        "smtpd_tls_security_level = may",
        $"smtpd_tls_cert_file = {Certificate}",
        $"smtpd_tls_key_file = {Key}",
        "smtp_tls_security_level = may",
        "smtp_tls_loglevel = 1",
        $"maillog_file = {File("log/main")}",
        $"maillog_file_prefixes = {File("")}",
    ];

    /// <summary>Debian's own list, on our port and not in a chroot, whose folders only a real installation has.</summary>
    private IEnumerable<string> Services(int port) => System.IO.File.ReadLines("/usr/share/postfix/master.cf.dist")
        .Where(line => line.Length > 0 && line[0] is not '#' and not ' ' and not '\t')
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        .Select(fields =>
        {
            if (fields[0] == "smtp" && fields[1] == "inet") fields[0] = $"127.0.0.1:{port}";
            fields[4] = "n";
            return string.Join(' ', fields);
        });
}

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
        Certify("pf.real.test");
        Own(Nobody, "mail");
        PostfixFolder.Prepare(Folder, port, Settings(relayPort));
        master = Service.Start(PostfixFolder.Master, "-c", File("etc"), "-d");
        await Eventually.HoldsAsync(() => Log.Contains("daemon started", StringComparison.Ordinal), () => $"Postfix\n{master.Said}{Log}");
    }

    protected override async ValueTask StopAsync()
    {
        if (master is not null) await master.DisposeAsync();
    }

    private string[] Settings(int relayPort) =>
    [
        "myhostname = pf.real.test",
        "mydestination =",
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
}

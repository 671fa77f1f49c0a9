using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>
/// Debian's Postfix in a directory of its own, with Debian's services and a certificate: it takes mail for <c>real.test</c>, refuses
/// <c>nobody@real.test</c>, and hands everything else to a site of ours.
/// </summary>
internal sealed class PostfixServer : IAsyncDisposable
{
    private readonly PeerDirectory directory = new();
    private Service? master;

    private PostfixServer()
    {
    }

    public string Log => directory.Log;

    /// <param name="port">Free.</param>
    public static async Task<PostfixServer> StartAsync(Site site, int port)
    {
        OutsideProgram.RequireRoot("Postfix's master runs as root only");
        var program = OutsideProgram.Require("postfix");
        var postfix = new PostfixServer();
        try
        {
            await postfix.StartAsync(program, site.Port, port);
            return postfix;
        }
        catch
        {
            await postfix.DisposeAsync();
            throw;
        }
    }

    public Task LogsAsync(string words) => directory.LogsAsync(words);

    public Task<IReadOnlyList<string>> MailAsync(int count) => directory.MailAsync(count);

    public async ValueTask DisposeAsync()
    {
        if (master is not null) await master.DisposeAsync();
        directory.Dispose();
    }

    private async Task StartAsync(string program, int relayPort, int port)
    {
        directory.Certify("pf.real.test");
        await System.IO.File.WriteAllLinesAsync(directory.File("etc/main.cf"), Main(relayPort));
        await System.IO.File.WriteAllLinesAsync(directory.File("etc/master.cf"), Services(port));
        directory.Own("postfix", "data");
        directory.Own(PeerDirectory.Nobody, "mail");
        PeerDirectory.Run(program, "-c", directory.File("etc"), "check"); // makes the folders of the queue
        master = Service.Start("/usr/lib/postfix/sbin/master", "-c", directory.File("etc"), "-d");
        await Eventually.HoldsAsync(() => Log.Contains("daemon started", StringComparison.Ordinal), () => $"Postfix\n{master.Said}{Log}");
    }

    private string[] Main(int relayPort) =>
    [
        "compatibility_level = 3.6",
        $"queue_directory = {directory.File("spool")}",
        $"data_directory = {directory.File("data")}",
        "mail_owner = postfix",
        "setgid_group = postdrop",
        "myhostname = pf.real.test",
        "mydestination =",
        "alias_maps =",
        "inet_interfaces = 127.0.0.1",
        "inet_protocols = ipv4",
        $"relayhost = [127.0.0.1]:{relayPort}",
        "virtual_mailbox_domains = real.test",
        $"virtual_mailbox_base = {directory.File("mail")}",
        "virtual_mailbox_maps = static:all/",
        $"virtual_uid_maps = static:{PeerDirectory.Nobody}",
        $"virtual_gid_maps = static:{PeerDirectory.Nobody}",
        "smtpd_recipient_restrictions = check_recipient_access inline:{ { nobody@real.test = REJECT 5.1.1 there is nobody of that name } }, permit_mynetworks, reject",
        "smtpd_tls_security_level = may",
        $"smtpd_tls_cert_file = {directory.Certificate}",
        $"smtpd_tls_key_file = {directory.Key}",
        "smtp_tls_security_level = may",
        "smtp_tls_loglevel = 1",
        $"maillog_file = {directory.File("log/main")}",
        $"maillog_file_prefixes = {directory.File("")}",
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

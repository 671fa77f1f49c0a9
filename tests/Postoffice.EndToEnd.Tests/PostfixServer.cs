using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>
/// Debian's Postfix in a directory of its own, with Debian's services and a certificate: it takes mail for <c>real.test</c>, refuses
/// <c>nobody@real.test</c>, and hands everything else to a site of ours. Needs root, as its master does.
/// </summary>
internal sealed class PostfixServer : IAsyncDisposable
{
    private const string Nobody = "65534";
    private readonly TempDirectory directory = new();
    private readonly Service master;

    /// <param name="port">Free.</param>
    public PostfixServer(Site site, int port)
    {
        if (Environment.UserName != "root") Assert.Skip("Postfix's master runs as root only");
        System.IO.File.SetUnixFileMode(directory.File(""), (UnixFileMode)0b111_101_101); // its services run as users of their own
        foreach (var folder in (string[])["etc", "spool", "data", "mail"]) Directory.CreateDirectory(directory.File(folder));
        Certify();
        System.IO.File.WriteAllLines(directory.File("etc/main.cf"), Main(site.Port));
        System.IO.File.WriteAllLines(directory.File("etc/master.cf"), Services(port));
        Run("chown", "postfix", directory.File("data"));
        Run("chown", Nobody, directory.File("mail"));
        Run(OutsideProgram.Require("postfix"), "-c", directory.File("etc"), "check"); // makes the folders of the queue
        master = Service.Start("/usr/lib/postfix/sbin/master", "-c", directory.File("etc"), "-d");
    }

    /// <summary>What it has logged.</summary>
    public string Log => System.IO.File.Exists(directory.File("log")) ? System.IO.File.ReadAllText(directory.File("log")) : "";

    public Task StartedAsync() => Eventually.HoldsAsync(() => Log.Contains("daemon started", StringComparison.Ordinal), () => $"Postfix\n{master.Said}{Log}");

    /// <summary>Waits until so many messages are in the mailbox that everybody of <c>real.test</c> shares; answers their texts, an octet a character.</summary>
    public Task<IReadOnlyList<string>> MailAsync(int count) => Eventually.HoldsAsync(
        () => Directory.Exists(directory.File("mail/all/new")) ? Directory.GetFiles(directory.File("mail/all/new")) : [],
        files => files.Length >= count,
        files => (IReadOnlyList<string>)[.. files.Select(file => System.IO.File.ReadAllText(file, System.Text.Encoding.Latin1))],
        () => $"{count} messages\n{Log}");

    public async ValueTask DisposeAsync()
    {
        await master.DisposeAsync();
        directory.Dispose();
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
        $"virtual_uid_maps = static:{Nobody}",
        $"virtual_gid_maps = static:{Nobody}",
        "smtpd_recipient_restrictions = check_recipient_access inline:{ { nobody@real.test = REJECT 5.1.1 there is nobody of that name } }, permit_auth_destination, reject",
        "smtpd_tls_security_level = may",
        $"smtpd_tls_cert_file = {directory.File("etc/cert.pem")}",
        $"smtpd_tls_key_file = {directory.File("etc/key.pem")}",
        $"maillog_file = {directory.File("log")}",
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

    private void Certify()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=pf.real.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        System.IO.File.WriteAllText(directory.File("etc/cert.pem"), certificate.ExportCertificatePem());
        System.IO.File.WriteAllText(directory.File("etc/key.pem"), key.ExportPkcs8PrivateKeyPem());
    }

    private static void Run(string program, params string[] arguments) =>
        Outcome.OfAsync(program, arguments).GetAwaiter().GetResult().Succeeded();
}

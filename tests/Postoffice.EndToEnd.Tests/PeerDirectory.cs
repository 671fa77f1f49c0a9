using System.Security.Cryptography.X509Certificates;
using System.Text;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>
/// Where a server that is not ours lives during a test: its configuration and certificate in <c>etc</c>, its queue, its log, and the one Maildir
/// that everybody of <c>real.test</c> shares, <c>mail/all</c>.
/// </summary>
internal sealed class PeerDirectory : IDisposable
{
    /// <summary>Uid and gid of nobody.</summary>
    public const string Nobody = "65534";

    private readonly TempDirectory directory = new();

    public PeerDirectory()
    {
        System.IO.File.SetUnixFileMode(directory.Path, (UnixFileMode)0b111_101_101); // servers run as users of their own
        foreach (var folder in (string[])["etc", "spool", "data", "mail", "log"]) Directory.CreateDirectory(File(folder));
    }

    public string Certificate => File("etc/cert.pem");

    public string Key => File("etc/key.pem");

    /// <summary>What the server has logged, in all files of <c>log</c>.</summary>
    public string Log => string.Concat(Directory.GetFiles(File("log")).Select(System.IO.File.ReadAllText));

    public string File(string name) => directory.File(name);

    /// <summary>Makes <see cref="Certificate"/>, which signs itself, and <see cref="Key"/>.</summary>
    public void Certify(string host)
    {
        using var certificate = TestAuthority.SelfSigned(host);
        using var key = certificate.GetECDsaPrivateKey()!;
        System.IO.File.WriteAllText(Certificate, certificate.ExportCertificatePem());
        System.IO.File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Gives what is in a folder, and the folder, to a user.</summary>
    public void Own(string user, string folder = "") => Run("chown", "-R", user, File(folder));

    public Task LogsAsync(string words) => Eventually.HoldsAsync(() => Log.Contains(words, StringComparison.Ordinal), () => $"'{words}' in its log\n{Log}");

    /// <summary>Waits until so many messages are in the mailbox; answers their texts, an octet a character.</summary>
    public Task<IReadOnlyList<string>> MailAsync(int count) => Eventually.HoldsAsync(
        () => Directory.Exists(File("mail/all/new")) ? Directory.GetFiles(File("mail/all/new")) : [],
        files => files.Length >= count,
        files => (IReadOnlyList<string>)[.. files.Select(file => System.IO.File.ReadAllText(file, Encoding.Latin1))],
        () => $"{count} messages\n{Log}");

    /// <summary>A text as it is in the mailbox when it came through unharmed: with the line ends of this system.</summary>
    public static string Stored(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal);

    public static void Run(string program, params string[] arguments) => Outcome.OfAsync(program, arguments).GetAwaiter().GetResult().Succeeded();

    public void Dispose() => directory.Dispose();
}

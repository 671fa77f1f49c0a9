using System.Security.Cryptography.X509Certificates;
using System.Text;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>
/// A server that is not ours, in a directory of its own: its configuration and certificate in <c>etc</c>, its queue, its log, and the one Maildir
/// that everybody of <c>real.test</c> shares, <c>mail/all</c>. It refuses <c>nobody@real.test</c>.
/// </summary>
internal abstract class PeerServer : IAsyncDisposable
{
    /// <summary>Uid and gid of nobody.</summary>
    public const string Nobody = "65534";

    private readonly TempDirectory directory = new();

    protected PeerServer()
    {
        System.IO.File.SetUnixFileMode(directory.Path, (UnixFileMode)0b111_101_101); // servers run as users of their own
        foreach (var folder in (string[])["etc", "spool", "data", "mail", "log"]) Directory.CreateDirectory(File(folder));
    }

    /// <summary>What it has logged, in all files of <c>log</c>.</summary>
    public string Log => string.Concat(Directory.GetFiles(File("log")).Select(System.IO.File.ReadAllText));

    protected string Folder => directory.Path;

    protected string Certificate => File("etc/cert.pem");

    protected string Key => File("etc/key.pem");

    /// <summary>Starts it; it takes mail when this has ended.</summary>
    /// <param name="port">Where it listens, free.</param>
    /// <param name="relayPort">Where mail goes that is not for <c>real.test</c>.</param>
    public abstract Task StartAsync(int port, int relayPort);

    public Task LogsAsync(string words) => Eventually.HoldsAsync(() => Log.Contains(words, StringComparison.Ordinal), () => $"'{words}' in its log\n{Log}");

    /// <summary>Waits until so many messages are in the mailbox; answers their texts, an octet a character.</summary>
    public Task<IReadOnlyList<string>> MailAsync(int count) => Eventually.HoldsAsync(
        () => Directory.Exists(File("mail/all/new")) ? Directory.GetFiles(File("mail/all/new")) : [],
        files => files.Length >= count,
        files => (IReadOnlyList<string>)[.. files.Select(file => System.IO.File.ReadAllText(file, Encoding.Latin1))],
        () => $"{count} messages\n{Log}");

    /// <summary>A text as it is in the mailbox when it came through unharmed: with the line ends of this system.</summary>
    public static string Stored(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        directory.Dispose();
    }

    protected string File(string name) => directory.File(name);

    /// <summary>Makes <see cref="Certificate"/>, which signs itself, and <see cref="Key"/>.</summary>
    protected void Certify(string host)
    {
        using var certificate = TestAuthority.SelfSigned(host);
        using var key = certificate.GetECDsaPrivateKey()!;
        System.IO.File.WriteAllText(Certificate, certificate.ExportCertificatePem());
        System.IO.File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Gives what is in a folder, and the folder, to a user.</summary>
    protected void Own(string user, string folder = "") => Run("chown", "-R", user, File(folder));

    protected static void Run(string program, params string[] arguments) => Outcome.OfAsync(program, arguments).GetAwaiter().GetResult().Succeeded();

    /// <summary>Ends every process of it; none where it was not started.</summary>
    protected abstract ValueTask StopAsync();
}

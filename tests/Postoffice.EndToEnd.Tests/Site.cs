using System.Net;
using System.Net.Sockets;
using System.Text;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>A mail site on loopback: a configuration, a store, a Maildir, and the two services run as processes.</summary>
public sealed class Site : IAsyncDisposable
{
    private readonly TempDirectory directory = new();
    private readonly List<Service> started = [];

    /// <param name="settings">Lines that come after the ones every site has.</param>
    public Site(params IEnumerable<string> settings)
    {
        Port = FreePort();
        Configuration = File("postoffice.cf");
        System.IO.File.WriteAllLines(Configuration,
        [
            $"store={StorePath}",
            "hostname=mx.example.test",
            "local-domain=example.test",
            $"listen=127.0.0.1:{Port}",
            $"listen=unix:{File("submit.sock")}",
            $"control={File("control")}",
            $"drop={DropDirectory}",
            $"mailbox=maildir:{File("mail/%u")}",
            $"postmaster={User}",
            "retry=1s,1s,2s",
            .. settings,
        ]);
        Directory.CreateDirectory(File("store"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.CreateDirectory(File("control"));
        Directory.CreateDirectory(File("mail"));
        Directory.CreateDirectory(DropDirectory);
        System.IO.File.SetUnixFileMode(DropDirectory, (UnixFileMode)0b001_111_011_011); // 1733
    }

    /// <summary>The user whose mail these sites take: the one who runs the tests.</summary>
    public static string User => Environment.UserName;

    public static string Address => $"{User}@example.test";

    public int Port { get; }
    public string Configuration { get; }
    public string StorePath => directory.File("store/postoffice.db");
    public string DropDirectory => File("drop");
    public string MaildirNew => File($"mail/{User}/new");

    public string File(string name) => directory.File(name);

    /// <summary>Lets the listener offer STARTTLS, by a certificate that signs itself; to be called before it starts.</summary>
    public void Certify()
    {
        using var certificate = TestAuthority.SelfSigned("mx.example.test");
        System.IO.File.WriteAllBytes(File("tls.pem"), TestAuthority.PemWithKey(certificate));
        System.IO.File.AppendAllText(Configuration, $"tls-cert={File("tls.pem")}\n");
    }

    /// <param name="wrapper">Program and arguments that end in running what follows them, in the same process; none: nothing stands between.</param>
    public Task<Service> StartListenerAsync(params IReadOnlyList<string> wrapper) => StartAsync("postoffice-smtpd", wrapper);

    /// <inheritdoc cref="StartListenerAsync"/>
    public Task<Service> StartRunnerAsync(params IReadOnlyList<string> wrapper) => StartAsync("postoffice-runner", wrapper);

    /// <summary>Starts a service without waiting for it to get ready.</summary>
    /// <inheritdoc cref="StartListenerAsync"/>
    public Service Begin(string program, params IReadOnlyList<string> wrapper)
    {
        string[] command = [.. wrapper, Service.Program(program), "-C", Configuration];
        var service = Service.Start(command[0], command[1..]);
        started.Add(service);
        return service;
    }

    public Task<Outcome> RunAsync(string program, params string[] arguments) =>
        Outcome.OfAsync(Service.Program(program), ["-C", Configuration, .. arguments]);

    public Task<Outcome> SendmailAsync(string message, params string[] arguments) =>
        Outcome.OfAsync(Service.Program("sendmail"), ["-C", Configuration, .. arguments], message);

    public Task<Outcome> PostofficeAsync(params string[] arguments) =>
        Outcome.OfAsync(Service.Program("postoffice"), [.. arguments, "-C", Configuration]);

    public Task<Outcome> SwaksAsync(params string[] arguments) =>
        Outcome.OfAsync(OutsideProgram.Require("swaks"), ["--server", $"127.0.0.1:{Port}", "--helo", "client.example.net", .. arguments]);

    /// <summary>Waits until the mailbox holds <paramref name="count"/> messages; answers their texts, an octet a character.</summary>
    public Task<IReadOnlyList<string>> MailAsync(int count) => Eventually.HoldsAsync(
        () => Directory.Exists(MaildirNew) ? Directory.GetFiles(MaildirNew) : [],
        files => files.Length >= count,
        files => (IReadOnlyList<string>)[.. files.Select(file => System.IO.File.ReadAllText(file, Encoding.Latin1))],
        () => $"{count} messages in {MaildirNew}\n{string.Join('\n', started.Select(service => service.Said))}");

    public async ValueTask DisposeAsync()
    {
        foreach (var service in Enumerable.Reverse(started)) await service.DisposeAsync();
        directory.Dispose();
    }

    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private async Task<Service> StartAsync(string program, IReadOnlyList<string> wrapper)
    {
        var service = Begin(program, wrapper);
        await service.SaysAsync("ready");
        return service;
    }
}

using System.Net;
using System.Net.Sockets;
using Postoffice.Store.Control;
using Postoffice.Store.Queries;
using Postoffice.Testing;

namespace Postoffice.Benchmarks;

/// <summary>A mail server in a throw-away folder: its configuration and its empty store. The services are started one by one.</summary>
internal sealed class Installation : IDisposable
{
    private readonly TempDirectory folder = new();

    /// <param name="settings">Lines that come after the ones every installation has; all others are at their defaults.</param>
    public Installation(params IEnumerable<string> settings)
    {
        Listener = new IPEndPoint(IPAddress.Loopback, FreePort());
        Directory.CreateDirectory(folder.File("store"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.CreateDirectory(folder.File("control"));
        Directory.CreateDirectory(folder.File("mail"));
        Directory.CreateDirectory(folder.File("drop"));
        string[] lines =
        [
            "hostname=bench.example.test",
            "local-domain=example.test",
            $"listen={Listener}",
            $"listen=unix:{folder.File("submit.sock")}",
            $"control={folder.File("control")}",
            $"store={Store}",
            $"drop={folder.File("drop")}",
            $"mailbox=maildir:{folder.File("mail/%u")}",
            $"postmaster={Environment.UserName}",
            .. settings,
        ];
        using var file = new StreamWriter(Configuration);
        file.Write(string.Join('\n', lines) + '\n');
    }

    public IPEndPoint Listener { get; }

    public string Configuration => folder.File("postoffice.cf");

    /// <summary>The store's file, made by the first service that starts.</summary>
    public string Store => folder.File("store/postoffice.db");

    /// <param name="ct">Ends the wait for it.</param>
    /// <param name="wrapper">Program and arguments that end in running what follows them, as itself; none: it is run directly.</param>
    public Task<PublishedService> StartListenerAsync(CancellationToken ct, params IEnumerable<string> wrapper) =>
        PublishedService.StartAsync([.. wrapper, PublishedService.PathOf("postoffice-smtpd"), "-C", Configuration], ct);

    /// <inheritdoc cref="StartListenerAsync"/>
    public Task<PublishedService> StartRunnerAsync(CancellationToken ct, params IEnumerable<string> wrapper) =>
        PublishedService.StartAsync([.. wrapper, PublishedService.PathOf("postoffice-runner"), "-C", Configuration], ct);

    /// <summary>What the runner says of where mail goes.</summary>
    /// <exception cref="BenchmarkException">It does not answer.</exception>
    public async Task<IReadOnlyList<DestinationEntry>> DestinationsAsync(CancellationToken ct)
    {
        var (client, why) = await ControlClient.ConnectAsync(folder.File("control/runner.sock"), TimeProvider.System, ct);
        using (client ?? throw new BenchmarkException($"the runner does not say what it did: {why}"))
        {
            var entries = new List<DestinationEntry>();
            await foreach (var answer in client.AskAsync(new ControlRequest(ControlRequest.Destinations), ct))
            {
                if (answer.Destination is { } entry) entries.Add(entry);
            }

            return entries;
        }
    }

    public void Dispose() => folder.Dispose();

    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}

using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Postoffice.Smtp.Listening;
using Postoffice.Store;
using Postoffice.Testing;

namespace Postoffice.Smtp.Tests.Listening;

/// <summary>The whole listener on real sockets: a port of 127.0.0.1 and a Unix socket, configured by a file the test may rewrite.</summary>
internal sealed class RunningListener : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly Listener listener;
    private readonly Task running;

    private RunningListener(TempDirectory directory, MailStore store, Listener listener, IReadOnlyList<BoundSocket> doors, CollectedLog log)
    {
        Directory = directory;
        Store = store;
        Log = log;
        this.listener = listener;
        Port = ((System.Net.IPEndPoint)doors[0].Socket.LocalEndPoint!).Port;
        running = listener.RunAsync(static _ => { });
    }

    public CollectedLog Log { get; }
    public TempDirectory Directory { get; }
    public MailStore Store { get; }
    public int Port { get; }
    public string UnixPath => Directory.File("submit.sock");

    public static async Task<RunningListener> StartAsync(params string[] settings)
    {
        var directory = new TempDirectory();
        Configure(directory, settings);
        var log = new CollectedLog();
        var arguments = new Arguments(directory.File("cf"), []);
        var configuration = await Configuration.LoadAsync(arguments, log);
        var doors = Doors.Open(configuration.Options.Endpoints);
        var store = MailStore.Open(configuration.StoreOptions, TimeProvider.System, log);
        var service = await Listener.StartAsync(arguments, configuration, doors, store, TimeProvider.System, log);
        return new RunningListener(directory, store, service, doors, log);
    }

    public void Configure(params string[] settings) => Configure(Directory, settings);

    public Task ReloadAsync() => listener.ReloadAsync();

    /// <summary>As SIGTERM does; completes when the listener has ended.</summary>
    public async Task StopAsync()
    {
        listener.Stop();
        await running.WaitAsync(Patience);
    }

    /// <param name="receiveBuffer">In octets; null leaves it to the kernel.</param>
    public async Task<SocketClient> ConnectAsync(int? receiveBuffer = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (receiveBuffer is { } octets) socket.ReceiveBufferSize = octets;
        await socket.ConnectAsync(System.Net.IPAddress.Loopback, Port);
        return new SocketClient(new NetworkStream(socket, ownsSocket: true));
    }

    public async Task<SocketClient> ConnectLocallyAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(UnixPath));
        return new SocketClient(new NetworkStream(socket, ownsSocket: true));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await listener.DisposeAsync();
        Store.Dispose();
        Directory.Dispose();
    }

    private static void Configure(TempDirectory directory, string[] settings)
    {
        string[] lines =
        [
            "hostname=mx.example.test", "local-domain=example.test", "listen=127.0.0.1:0", $"listen=unix:{directory.File("submit.sock")}",
            $"store={directory.File("store/postoffice.db")}", $"drop={directory.File("drop")}", .. settings,
        ];
        using var file = Postoffice.Store.Native.SafeFile.Open(
            directory.File("cf"), Postoffice.Store.Native.Libc.O_WRONLY | Postoffice.Store.Native.Libc.O_CREAT | Postoffice.Store.Native.Libc.O_TRUNC);
        RandomAccess.Write(file, Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"), 0);
    }
}

/// <summary>A client on a real connection.</summary>
internal sealed class SocketClient(Stream stream) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public Stream Stream { get; private set; } = stream;

    /// <summary>Asks for TLS and begins it.</summary>
    public async Task<SslStream> SecureAsync()
    {
        Assert.StartsWith("220", await AskAsync("STARTTLS"));
        var secured = new SslStream(Stream, leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);
        await secured.AuthenticateAsClientAsync("mx.example.test");
        Stream = secured;
        return secured;
    }

    public async Task SendAsync(string octets) => await Stream.WriteAsync(Octets.Of(octets));

    public async Task<string> AskAsync(string line)
    {
        await SendAsync(line + "\r\n");
        return await ReplyAsync();
    }

    /// <summary>One reply with its line ends; empty when the server has closed.</summary>
    public async Task<string> ReplyAsync()
    {
        var reply = new StringBuilder();
        while (true)
        {
            var line = await LineAsync();
            reply.Append(line);
            if (line.Length < 4 || line[3] == ' ') return reply.ToString();
        }
    }

    public ValueTask DisposeAsync() => Stream.DisposeAsync();

    private async Task<string> LineAsync()
    {
        var line = new List<byte>();
        var octet = new byte[1];
        while (line is not [.., (byte)'\n'])
        {
            using var patience = new CancellationTokenSource(Patience);
            if (await Stream.ReadAsync(octet, patience.Token) == 0) return "";
            line.Add(octet[0]);
        }
        return Encoding.UTF8.GetString([.. line]);
    }
}

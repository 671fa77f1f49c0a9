using System.Net;
using System.Net.Sockets;
using System.Text;
using Postoffice.Runner.Conversations;
using Postoffice.Runner.Pipelines;
using Postoffice.Runner.Routing;
using Postoffice.Runner.Transports;
using Postoffice.Runner.Transports.Sasl;
using Postoffice.Store.Configuration;
using Postoffice.Store.Mail;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Transports;

/// <summary>How the opening of a session ended.</summary>
/// <param name="Early">Null when the peer takes transactions.</param>
internal sealed record Opened(Answer? Early, string Phase, string? Tls, string? TlsTrouble, PeerExtensions Offers)
{
    /// <summary>In a table's words: whether mail can go, and how; or how far it came.</summary>
    public string Told => Early is not null ? $"no: {Phase}" : Tls is null ? "clear" : Tls.EndsWith(", verified", StringComparison.Ordinal) ? "verified" : "tls";

    /// <summary>Why mail waits.</summary>
    public string Reason => Assert.IsType<Answer.Lost>(Early).Reason;
}

/// <summary>Opens sessions with a peer on loopback that is called <see cref="Host"/>, a configured next hop.</summary>
internal sealed class OpeningRig(params string[] options) : IDisposable
{
    public const string Host = "mx.remote.example";
    private readonly TempDirectory directory = new();

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Where the peer is taken to be, though loopback is dialled.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Lines of the credentials file.</summary>
    public string Credentials { get; init; } = "";

    /// <summary>Told what is said.</summary>
    public IConversation? Heard { get; init; }

    /// <summary>Trusted by <c>tls-ca=</c>.</summary>
    public TestAuthority? Trusted { get; init; }

    public async Task<Opened> OpenAsync(int port, Route? route = null)
    {
        Assert.True(CredentialsTable.TryParse(Credentials, out var credentials, out var defect), defect);
        var rules = SessionRules.From(Of([.. options, .. Authorities()]), credentials, Clock);
        var timeouts = new PhaseTimeouts { Greeting = Patience, Tls = Patience };
        var peer = new Candidate.Peer(Host, new IPEndPoint(Address, port));
        var terms = rules.For(route ?? new Route.Smtp(new NextHop(Host, null, port)), peer, DialAsync);
        var (connection, refused) = await DialAsync(TestContext.Current.CancellationToken);
        Assert.True(connection is not null, refused);
        await using var session = new ClientSession(connection, Heard);
        var opening = new Opening(session, new PhasePipelines(timeouts, Clock), RunnerRig.Self, terms);
        var early = await opening.RunAsync(TestContext.Current.CancellationToken);
        if (early is null) await session.QuitAsync(new PhasePipelines(timeouts, Clock).Quit, TestContext.Current.CancellationToken);
        return new Opened(early, opening.Phase, session.Tls, session.TlsTrouble, opening.Offers);

        async Task<(Stream?, string?)> DialAsync(CancellationToken ct)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, port, ct);
            return (new NetworkStream(socket, ownsSocket: true), null);
        }
    }

    private IEnumerable<string> Authorities()
    {
        if (Trusted is null) yield break;
        var file = directory.File("ca.pem");
        using var stream = new FileStream(file, FileMode.Create);
        stream.Write(Encoding.UTF8.GetBytes(Trusted.Pem));
        yield return $"tls-ca={file}";
    }

    public static Settings Of(params IEnumerable<string> options) =>
        new(null, [.. options.Select(option => new Setting(option.Split('=')[0], option[(option.IndexOf('=') + 1)..], "test:1"))], []);

    public void Dispose() => directory.Dispose();
}

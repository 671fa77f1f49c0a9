using System.IO.Pipelines;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Postoffice.Smtp.Dialogue;
using Postoffice.Smtp.Intake;
using Postoffice.Smtp.Policy;
using Postoffice.Smtp.Verbs;
using Postoffice.Store.Configuration;
using Postoffice.Store.Content;
using Postoffice.Store.Directory;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Testing;

namespace Postoffice.Smtp.Tests;

/// <summary>The listener's insides on a real store: mx.example.test, whose domain is example.test and whose users are this system's.</summary>
internal sealed class TestListener : IDisposable
{
    public static readonly IPAddress Stranger = new([198, 51, 100, 7]);
    public static readonly IPAddress Own = new([192, 0, 2, 1]);

    private readonly TempStore store = new();

    public TestListener(TimeProvider? clock = null, IEventLog? events = null, IContentStore? content = null, ILogger? log = null, params string[] settings)
    {
        Clock = clock ?? TimeProvider.System;
        Settings = ConfigurationFile.Load("/dev/null", ["hostname=mx.example.test", "local-domain=example.test", .. settings]);
        var options = ListenerOptions.FromAsync(Settings, CancellationToken.None).AsTask().GetAwaiter().GetResult(); // complete: the name is set
        var own = new OwnAddresses(Clock, () => [IPAddress.Loopback, IPAddress.IPv6Loopback, Own]);
        var policy = new RecipientPolicy(LocalDomains.From(Settings, options.HostName), new LocalUsers("root", Clock), own);
        Rules = new RulesInForce(new ListenerRules(options, policy, null));
        Space = new FreeSpace(store.Options.Path, 0);
        Services = new ListenerServices(
            Rules, content ?? store.Store.Content, new Acceptance(events ?? store.Store.Events, Clock, log ?? NullLogger.Instance), Space,
            new QueueIdSource(Clock), Clock, log ?? NullLogger.Instance);
        Verbs = new VerbTable(Services);
    }

    public Settings Settings { get; }
    public TimeProvider Clock { get; }
    public RulesInForce Rules { get; }
    public FreeSpace Space { get; }
    public ListenerServices Services { get; }
    public VerbTable Verbs { get; }
    public TempStore Store => store;

    /// <summary>Opens a session; the client's end is what comes back.</summary>
    public TestClient Connect(ClientPeer? peer = null)
    {
        var toServer = new Pipe();
        var toClient = new Pipe(new PipeOptions(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19));
        var session = new SmtpSession(new Ends(toServer.Reader, toClient.Writer), peer ?? new ClientPeer(Stranger), Services, Verbs);
        return new TestClient(session, toServer.Writer, toClient);
    }

    /// <summary>Sends everything in one piece and reads to the session's end.</summary>
    public async Task<string> SayAsync(string octets, ClientPeer? peer = null)
    {
        await using var client = Connect(peer);
        await client.SendAsync(Octets.Of(octets));
        return await client.EndAsync();
    }

    /// <summary>Every fact of every message, in order.</summary>
    public async Task<IReadOnlyList<RecordedEvent>> FactsAsync() =>
        await store.Store.Events.ReadAllAsync(0, 10_000, TestContext.Current.CancellationToken);

    public async Task<IReadOnlyList<MessageAccepted>> AcceptedAsync() =>
        [.. (await FactsAsync()).Select(recorded => recorded.Fact).OfType<MessageAccepted>()];

    public async Task<string> ContentAsync(RecordedEvent accepted)
    {
        Assert.True(accepted.Stream.TryGetMessage(out var id));
        await using var stream = await store.Store.Content.OpenAsync(id, TestContext.Current.CancellationToken);
        using var copy = new MemoryStream();
        await stream!.CopyToAsync(copy, TestContext.Current.CancellationToken);
        return System.Text.Encoding.Latin1.GetString(copy.ToArray());
    }

    public void Dispose() => store.Dispose();

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

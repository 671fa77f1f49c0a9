using Microsoft.Extensions.Logging.Abstractions;
using MimeKit;
using Postoffice.Runner.Bounces;
using Postoffice.Runner.Conversations;
using Postoffice.Runner.Pipelines;
using Postoffice.Runner.Routing;
using Postoffice.Runner.Scheduling;
using Postoffice.Runner.Transports;
using Postoffice.Store;
using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Leases;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests;

/// <summary>
/// The schedule on a real store, with a fake clock and fake transports. Mail for <c>example.test</c> and <c>example.net</c> goes to the mailbox
/// of its local part, everything else to the host of its domain.
/// </summary>
internal sealed class RunnerRig : IAsyncDisposable
{
    public static readonly DomainName Self = DomainName.TryParse("mx.example.test", out var self) ? self : throw new InvalidOperationException();
    private readonly TempStore? own;
    private readonly QueueIdSource ids;
    private Task running = Task.CompletedTask;

    private RunnerRig(TempStore? own, MailStore store, JumpyClock clock, Lease lease, RunnerOptions options, IContentStore content)
    {
        this.own = own;
        (Store, Clock, Lease) = (store, clock, lease);
        ids = new QueueIdSource(clock);
        Journal = new WatchedLog(store.Events);
        Mailboxes = new FakeTransport(Transport.Mailbox) { Clock = clock };
        Sessions = new FakeTransport(Transport.Smtp) { Clock = clock };
        var bounces = new BouncePolicy(new DsnComposer(Self, content, options, clock), content, ids, Self);
        Workings = new InForce<Workings>(new Workings(options, new ByDomain(), Mailboxes, Sessions, bounces, Idle(options, clock)));
        var age = new SteadyClock(clock);
        Recorder = new OutcomeRecorder(Journal, lease, Workings, clock, age, NullLogger.Instance);
        Late = new LateMail(store.Due, Recorder, Workings, clock, age, NullLogger.Instance);
        var recovery = new Recovery(Recorder, Mailboxes, NullLogger.Instance);
        var circuits = new Circuits(Journal, store.Circuits, lease, clock, NullLogger.Instance);
        var work = new MessageWork(Recorder, recovery, circuits, Workings, Board, Term, clock, NullLogger.Instance);
        Dispatcher = new Dispatcher(store.Due, work, Workings, clock, NullLogger.Instance);
    }

    public MailStore Store { get; }
    public JumpyClock Clock { get; }
    public Lease Lease { get; }
    public WatchedLog Journal { get; }
    public FakeTransport Mailboxes { get; }
    public FakeTransport Sessions { get; }
    public InForce<Workings> Workings { get; }
    public OutcomeRecorder Recorder { get; }
    public LateMail Late { get; }
    public SwitchBoard Board { get; } = new();
    public HoldingTerm Term { get; } = new();
    public Dispatcher Dispatcher { get; }

    /// <param name="content">Puts something between the notifications and the content of mail.</param>
    public static async Task<RunnerRig> NewAsync(RunnerOptions? options = null, Func<IContentStore, IContentStore>? content = null)
    {
        var clock = new JumpyClock(Cast.Noon);
        var temp = new TempStore(new WallClock(clock));
        var lease = await temp.Store.Leases.TryClaimAsync(0, "test", TimeSpan.FromMinutes(1), CancellationToken.None);
        return new RunnerRig(temp, temp.Store, clock, lease!, options ?? new RunnerOptions(), content?.Invoke(temp.Store.Content) ?? temp.Store.Content);
    }

    /// <summary>Another runner on the same store, with a lease of its own.</summary>
    public RunnerRig Beside(Lease lease) => new(null, Store, Clock, lease, Workings.Current.Options, Store.Content);

    public static async Task<RunnerRig> StartAsync(RunnerOptions? options = null)
    {
        var rig = await NewAsync(options);
        rig.Start();
        return rig;
    }

    public void Start() => running = Dispatcher.RunAsync(Term.Stopping);

    /// <summary>Accepts a message from Alice and rings the bell.</summary>
    public Task<QueueId> AcceptAsync(params string[] recipients) =>
        AcceptAsync(accepted => accepted with { Recipients = StoredMail.Recipients(recipients) });

    /// <summary>The same, otherwise than usual.</summary>
    /// <param name="content">A few lines when null.</param>
    public async Task<QueueId> AcceptAsync(Func<MessageAccepted, MessageAccepted> change, byte[]? content = null)
    {
        var id = ids.Next();
        await using var staging = Store.Content.Stage(id);
        await staging.WriteAsync(content ?? "Subject: hi\r\n\r\nhello\r\n"u8.ToArray(), CancellationToken.None);
        var staged = await staging.CompleteAsync(CancellationToken.None);
        var append = new Append(StreamId.Message(id), ExpectedVersion.NoStream, change(StoredMail.Acceptance(staged))) { Content = staged };
        Assert.IsType<AppendResult.Appended>(await Store.Events.AppendAsync(append, CancellationToken.None));
        Dispatcher.Ring();
        return id;
    }

    /// <summary>Waits until somebody is told, and reads what.</summary>
    public async Task<(DsnQueued Fact, MimeMessage Dsn)> NextDsnAsync()
    {
        var queued = await Journal.NextAsync<DsnQueued>();
        await using var content = (await Store.Content.OpenAsync(queued.Dsn!.Value, CancellationToken.None))!;
        return (queued, await MimeMessage.LoadAsync(content));
    }

    /// <summary>Lets time pass, in steps no longer than the schedule's poll.</summary>
    public void Pass(TimeSpan time)
    {
        Clock.Advance(time);
        Dispatcher.Ring();
    }

    public async Task<QueuedMessage> MessageAsync(QueueId id) =>
        QueuedMessage.Fold(id, await Store.Events.ReadAsync(StreamId.Message(id), 0, CancellationToken.None))!;

    /// <summary>What an operator does: the message goes to this next hop; null for the way the configuration knows.</summary>
    public async Task RerouteAsync(QueueId id, NextHop? to)
    {
        using var flight = new MessageInFlight(id);
        Assert.True(await Recorder.ActAsync(flight, message => Operate.Reroute(message, to, "root", reason: null), CancellationToken.None));
    }

    /// <summary>The first part of the work on a message, as it would be planned now.</summary>
    public async Task<Part> PartAsync(QueueId id)
    {
        var message = await MessageAsync(id);
        return Part.Of(message, [.. message.Recipients.Values], Workings.Current.Router).First();
    }

    /// <summary>Puts a row into a message's stream that is no fact.</summary>
    public Task SpoilAsync(QueueId id, long version) => Store.SqlAsync(
        $"INSERT INTO event (stream, version, name, data, recorded_at_ms) VALUES ('message/{id}', {version}, 'attempt-ended.v1', '{{}}', 0)");

    /// <summary>How many facts of a name a message has, read as rows: the others need not be readable.</summary>
    public Task<long?> CountAsync(QueueId id, string name) => Store.SqlAsync(
        $"SELECT count(*) FROM event WHERE stream = 'message/{id}' AND name = '{name}'");

    public async ValueTask DisposeAsync()
    {
        Term.Abandon();
        await running;
        await Dispatcher.DrainAsync();
        Term.Dispose();
        own?.Dispose();
    }

    private static IdleConnections Idle(RunnerOptions options, TimeProvider clock) =>
        new(options.MessagesPerConnection, new PhasePipelines(options.Timeouts, clock), clock);

    private sealed class ByDomain : IRouter
    {
        public Destination? DestinationOf(string domain) => domain is "" or "example.test" or "example.net" or "mx.example.test" or "nowhere.test"
            ? null
            : new Destination(Transport.Smtp, $"{domain}:25");

        public Route Resolve(ForwardPath recipient) => (recipient.Mailbox.LocalPart, recipient.Mailbox.Domain!.Value) switch
        {
            ("nobody", _) => new Route.Unknown(recipient.ToString()),
            (_, "nowhere.test") => new Route.Nowhere("nowhere.test", "no route"),
            (var user, "example.test" or "example.net" or "mx.example.test") => new Route.Mailbox(user),
            (_, var domain) => new Route.Smtp(new NextHop(domain, null, 25)),
        };
    }
}

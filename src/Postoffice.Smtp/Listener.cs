using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Postoffice.Smtp.Intake;
using Postoffice.Smtp.Listening;
using Postoffice.Smtp.Policy;
using Postoffice.Store;
using Postoffice.Store.Configuration;
using Postoffice.Store.Directory;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp;

/// <summary>The running service: doors, sessions, and what signals do to them.</summary>
internal sealed class Listener : IAsyncDisposable
{
    private readonly Arguments arguments;
    private readonly IReadOnlyList<BoundSocket> doors;
    private readonly ListenerServices services;
    private readonly MailStore store;
    private readonly OwnAddresses own;
    private readonly OpenSessions sessions;
    // What a client may send ahead. More than this the shared array pool does not keep, so a large message would be allocated again and again.
    private const int MaxReadAhead = 64 * 1024;

    private readonly SocketConnectionContextFactory connections =
        new(
            new SocketConnectionFactoryOptions
            {
                MaxReadBufferSize = MaxReadAhead,
                MaxWriteBufferSize = MaxReadAhead,
                UnsafePreferInlineScheduling = true, // see SocketThreads
            },
            NullLogger.Instance);
    private readonly CancellationTokenSource stop = new();
    private readonly SemaphoreSlim reloading = new(1);
    private Configuration configuration;

    private Listener(
        Arguments arguments, Configuration configuration, IReadOnlyList<BoundSocket> doors, MailStore store, TimeProvider clock, ILogger log)
    {
        this.arguments = arguments;
        this.configuration = configuration;
        this.doors = doors;
        this.store = store;
        own = OwnAddresses.OfThisMachine(clock);
        services = new ListenerServices(
            new RulesInForce(Rules(configuration, clock)), store.Content, new Acceptance(store.Events, clock, log),
            new FreeSpace(configuration.StoreOptions.Path, configuration.StoreOptions.MinFree), new QueueIdSource(clock), clock, log);
        sessions = new OpenSessions(services);
    }

    /// <exception cref="SettingException">The certificate cannot be used.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot take a fact.</exception>
    public static async ValueTask<Listener> StartAsync(
        Arguments arguments, Configuration configuration, IReadOnlyList<BoundSocket> doors, MailStore store, TimeProvider clock, ILogger log)
    {
        var listener = new Listener(arguments, configuration, doors, store, clock, log);
        await listener.RecordAsync(configuration);
        return listener;
    }

    /// <summary>Accepts until SIGTERM or SIGINT, then lets running messages end.</summary>
    /// <param name="ready">Told where we listen, once connections are accepted.</param>
    public async Task RunAsync(Action<string> ready)
    {
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Reload);
        var accepting = doors.Select(door => new Door(door, sessions, services, connections.Create)).ToArray();
        ready(string.Join(", ", doors.Select(door => door.Name)));
        ServiceNotice.Send(ServiceNotice.Ready);
        var dropped = new DropImport(services, store.Events).RunAsync(stop.Token);
        await Task.WhenAll(accepting.Select(door => door.AcceptAsync(stop.Token)));

        ListenerLog.Stopping(services.Log, sessions.Count);
        ServiceNotice.Send(ServiceNotice.Stopping);
        foreach (var door in doors) door.Dispose();
        await sessions.StopAsync(services.Rules.Current.Options.StopTimeout);
        await dropped;
        ListenerLog.Stopped(services.Log);
    }

    public ValueTask DisposeAsync()
    {
        connections.Dispose();
        stop.Dispose();
        reloading.Dispose();
        return default;
    }

    /// <summary>As SIGTERM does.</summary>
    internal void Stop() => stop.Cancel();

    private void Stop(PosixSignalContext signal)
    {
        signal.Cancel = true;
        Stop();
    }

    private void Reload(PosixSignalContext signal)
    {
        signal.Cancel = true;
        _ = ReloadAsync();
    }

    /// <summary>All or nothing: a configuration that cannot be used leaves the one before in force.</summary>
    internal async Task ReloadAsync()
    {
        await reloading.WaitAsync();
        try
        {
            var fresh = await Configuration.LoadAsync(arguments, services.Log);
            var rules = Rules(fresh, services.Clock);
            await RecordAsync(fresh);
            services.Rules.Current = rules;
            configuration = fresh;
        }
        catch (Exception refused) when (ExitCode.Of(refused) is not null)
        {
            ListenerLog.ReloadFailed(services.Log, refused.Message);
        }
        catch (Exception surprise)
        {
            ListenerLog.ReloadSurprised(services.Log, surprise); // nobody waits for a reload, so nobody else would tell
        }
        finally
        {
            reloading.Release();
        }
    }

    private ListenerRules Rules(Configuration with, TimeProvider clock) =>
        new(
            with.Options,
            new RecipientPolicy(LocalDomains.From(with.Settings, with.Options.HostName), LocalUsers.From(with.Settings, startedAsRoot: false, clock), own), // who the postmaster is, the runner decides
            TlsCertificate.Load(with.Settings));

    /// <summary>What a service runs with is a fact: it explains what happened to mail then.</summary>
    private async ValueTask RecordAsync(Configuration with)
    {
        var fact = new ConfigurationLoaded(with.Settings.File, with.Settings.Digest(), Arguments.Version);
        await store.Events.AppendAsync(new Append(StreamId.Service("smtpd"), ExpectedVersion.Any, fact), CancellationToken.None);
        ListenerLog.ConfigurationLoaded(services.Log, fact.File ?? "no file", fact.Sha256);
    }
}

using Postoffice.Runner.Bounces;
using Postoffice.Runner.Conversations;
using Postoffice.Runner.Deliverer;
using Postoffice.Runner.Pipelines;
using Postoffice.Runner.Resolution;
using Postoffice.Runner.Routing;
using Postoffice.Runner.Transports;
using Postoffice.Runner.Transports.Sasl;
using Postoffice.Store;
using Postoffice.Store.Configuration;
using Postoffice.Store.Directory;
using Postoffice.Store.Mail;

namespace Postoffice.Runner;

/// <summary>Composes the workings from settings: at start, and at each reload.</summary>
/// <param name="startedAsRoot">Whether the program began with root's rights, whatever it runs with now.</param>
internal sealed class WorkingsFactory(MailStore store, DelivererClient deliverer, bool startedAsRoot, TimeProvider clock)
{
    private readonly QueueIdSource ids = new(clock);

    /// <summary>One for the service's life: a reload interrupts nobody's listening.</summary>
    public SwitchBoard Board { get; } = new();

    public MailboxTransport Mailboxes { get; } = new(deliverer, store.Content, clock);

    /// <exception cref="SettingException">A value cannot be used: nothing has changed.</exception>
    public async ValueTask<Workings> MakeAsync(Settings settings, CancellationToken ct)
    {
        var options = RunnerOptions.From(settings);
        var self = await OwnName.FindAsync(settings, ct);
        var router = new Router(LocalDomains.From(settings, self), LocalUsers.From(settings, startedAsRoot, clock), RouteTable.From(settings));
        var own = OwnEndpoints.From(settings);
        var hops = new NextHops(new HostAddresses(own, clock), new MailExchangers(new DnsQuestions(NameServers.From(settings), clock), own, self));
        var phases = new PhasePipelines(options.Timeouts, clock);
        var idle = new IdleConnections(options.MessagesPerConnection, phases, clock);
        var rules = SessionRules.From(settings, await CredentialsAsync(settings, ct), clock);
        var sessions = new SmtpTransport(store.Content, hops, new TcpDialer(phases), rules, idle, phases, self, Board, clock);
        var bounces = new BouncePolicy(new DsnComposer(self, store.Content, options, clock), store.Content, ids, self);
        return new Workings(options, router, Mailboxes, sessions, bounces, idle);
    }

    private async ValueTask<CredentialsTable> CredentialsAsync(Settings settings, CancellationToken ct)
    {
        if (settings.Find("smtp-auth") is not { Value.Length: > 0 } setting) return CredentialsTable.Empty;
        var (text, reason) = await deliverer.ReadCredentialsAsync(ct);
        if (text is null) throw new SettingException(setting, reason);
        return CredentialsTable.TryParse(text, out var table, out var defect) ? table : throw new SettingException(setting, defect);
    }
}

using System.Net;

namespace Postoffice.Benchmarks.Servers;

/// <summary>What scripts/build has made, with the default settings.</summary>
internal sealed class PostofficeServer(Delivery delivery) : MailServer
{
    private readonly Installation installation = new(Settings(delivery));
    private readonly List<PublishedService> services = [];
    private PublishedService? runner;

    public override IPEndPoint Listener => installation.Listener;

    /// <summary>Its configuration file, for the commands.</summary>
    public string Configuration => installation.Configuration;

    /// <summary>How long the runner took from its start until it was ready; zero without a runner.</summary>
    public TimeSpan RunnerStart { get; private set; }

    /// <summary>Proportional set size of the runner and its deliverer, in octets; 0 without a runner.</summary>
    public long RunnerMemory => runner is null ? 0 : ProcessTree.ProportionalMemory(runner.Id);

    protected override IEnumerable<int> Roots => services.Select(service => service.Id);

    public static async Task<MailServer> StartAsync(Delivery delivery, CancellationToken ct) => await StartAsync(delivery, _ => Task.CompletedTask, ct);

    /// <param name="prepare">Makes the store at the path it is given before the services start, or leaves it to them.</param>
    public static async Task<PostofficeServer> StartAsync(Delivery delivery, Func<string, Task> prepare, CancellationToken ct)
    {
        var server = new PostofficeServer(delivery);
        try
        {
            await prepare(server.installation.Store);
            var wrapper = (delivery as Delivery.ToMailboxes)?.Users.Wrapper ?? [];
            server.services.Add(await server.installation.StartListenerAsync(ct, wrapper));
            if (delivery is not Delivery.Held) await server.StartRunnerAsync(wrapper, ct);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    public override void Dispose()
    {
        foreach (var service in services) service.Dispose();
        installation.Dispose();
    }

    private async Task StartRunnerAsync(IEnumerable<string> wrapper, CancellationToken ct)
    {
        var began = TimeProvider.System.GetTimestamp();
        services.Add(runner = await installation.StartRunnerAsync(ct, wrapper));
        RunnerStart = TimeProvider.System.GetElapsedTime(began);
    }

    private static IEnumerable<string> Settings(Delivery delivery) => delivery switch
    {
        Delivery.Relayed(var nextHop) => [$"relay-host={nextHop}"],
        Delivery.ToMailboxes(var users, MailboxKind.Maildir) => [$"mailbox=maildir:{users.Homes}/%u/Maildir"],
        Delivery.ToMailboxes(var users, MailboxKind.Mbox) => [$"mailbox=mbox:{users.Spool}"],
        _ => [$"relay-host=127.0.0.1:1"], // not our own domain, so that it is mail for others as with Postfix
    };
}

using System.Net;

namespace Postoffice.Benchmarks.Servers;

/// <summary>What scripts/build has made, with the default settings.</summary>
internal sealed class PostofficeServer(Delivery delivery) : MailServer
{
    private readonly Installation installation = new(Settings(delivery));
    private readonly List<PublishedService> services = [];

    public override IPEndPoint Listener => installation.Listener;

    protected override IEnumerable<int> Roots => services.Select(service => service.Id);

    public static async Task<MailServer> StartAsync(Delivery delivery, CancellationToken ct)
    {
        var server = new PostofficeServer(delivery);
        try
        {
            var wrapper = (delivery as Delivery.ToMailboxes)?.Users.Wrapper ?? [];
            server.services.Add(await server.installation.StartListenerAsync(ct, wrapper));
            if (delivery is not Delivery.Held) server.services.Add(await server.installation.StartRunnerAsync(ct, wrapper));
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

    private static IEnumerable<string> Settings(Delivery delivery) => delivery switch
    {
        Delivery.Relayed(var nextHop) => [$"relay-host={nextHop}"],
        Delivery.ToMailboxes(var users, MailboxKind.Maildir) => [$"mailbox=maildir:{users.Homes}/%u/Maildir"],
        Delivery.ToMailboxes(var users, MailboxKind.Mbox) => [$"mailbox=mbox:{users.Spool}"],
        _ => [$"relay-host=127.0.0.1:1"], // not our own domain, so that it is mail for others as with Postfix
    };
}

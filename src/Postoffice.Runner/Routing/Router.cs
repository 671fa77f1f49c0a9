using Postoffice.Store.Directory;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Routing;

/// <summary>Resolves recipients by the settings of one configuration; another configuration is another router.</summary>
internal interface IRouter
{
    /// <exception cref="IOException">The password database could not be asked: our trouble, try again later.</exception>
    Route Resolve(ForwardPath recipient);
}

/// <inheritdoc/>
internal sealed class Router(LocalDomains domains, LocalUsers users, RouteTable table) : IRouter
{
    public Route Resolve(ForwardPath recipient)
    {
        var mailbox = recipient.Mailbox;
        if (domains.Contains(mailbox))
        {
            return users.Find(mailbox) is { } user
                ? new Route.Mailbox(user.Name)
                : new Route.Unknown(mailbox.ToString(), new Reply(550, new(5, 1, 1), $"<{mailbox}>: no such user here")); // RFC 3463 X.1.1
        }
        var domain = mailbox.Domain?.Value ?? mailbox.Literal!.ToString();
        return table.Find(domain) is { } hop
            ? new Route.Smtp(hop)
            : new Route.Nowhere(domain, $"no relay-host= or route= for {domain}; MX routing is not built yet, so name a next hop");
    }
}

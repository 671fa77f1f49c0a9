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
        if (mailbox.Domain is { } domain) return table.Find(domain.Value) is { } hop ? new Route.Smtp(hop) : new Route.Exchange(domain);
        var literal = mailbox.Literal!;
        return new Route.Smtp(table.Find(literal.ToString()) ?? new NextHop(literal.Address.ToString(), literal.Address, NextHop.SmtpPort));
    }
}

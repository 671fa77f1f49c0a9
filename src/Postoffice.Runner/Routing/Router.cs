using Postoffice.Runner.Scheduling;
using Postoffice.Store.Directory;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Routing;

/// <summary>Resolves recipients by the settings of one configuration; another configuration is another router.</summary>
internal interface IRouter
{
    /// <exception cref="IOException">The password database could not be asked: our trouble, try again later.</exception>
    Route Resolve(ForwardPath recipient);

    /// <summary>Where all mail of a domain goes together; null when that depends on the recipient, as in a domain of ours.</summary>
    /// <param name="domain">What stands behind the <c>@</c>, see <see cref="Mailbox.DomainPart"/>.</param>
    Destination? DestinationOf(string domain);
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
                : new Route.Unknown(mailbox.ToString());
        }
        if (mailbox.Domain is { } domain) return Abroad(domain);
        var literal = mailbox.Literal!;
        if (table.Find(literal.ToString()) is { } hop) return new Route.Smtp(hop);
        return PublicAddresses.Contains(literal.Address)
            ? new Route.Smtp(new NextHop(literal.Address.ToString(), literal.Address, NextHop.SmtpPort))
            : new Route.Refused(literal.ToString(), new(5, 4, 6), $"no host elsewhere has the address {literal}");
    }

    public Destination? DestinationOf(string domain) =>
        DomainName.TryParse(domain, out var name) && !domains.Contains(name) ? Abroad(name).Destination : null;

    private Route Abroad(DomainName domain) => table.Find(domain.Value) is { } hop ? new Route.Smtp(hop) : new Route.Exchange(domain);
}

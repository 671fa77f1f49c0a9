using Postoffice.Runner.Scheduling;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Routing;

/// <summary>Where a recipient's mail goes by the configuration in force now; resolved anew at each attempt.</summary>
internal abstract record Route
{
    private Route()
    {
    }

    /// <param name="User">As the password database spells it.</param>
    public sealed record Mailbox(string User) : Route;

    /// <summary>To a configured next hop, or to an address literal.</summary>
    public sealed record Smtp(NextHop Hop) : Route;

    /// <summary>To the exchangers of the domain, whichever the DNS names when the attempt is made.</summary>
    public sealed record Exchange(DomainName Domain) : Route;

    /// <summary>Nobody here goes by that name.</summary>
    public sealed record Unknown(string Name) : Route;

    /// <summary>Nowhere ever, whatever the world does.</summary>
    /// <param name="Reason">Words for the sender.</param>
    public sealed record Refused(string Name, EnhancedStatusCode Status, string Reason) : Route;

    /// <summary>Nowhere for now, until the configuration or the world changes.</summary>
    /// <param name="Reason">A sentence for the operator.</param>
    public sealed record Nowhere(string Name, string Reason) : Route;

    /// <summary>Null when nothing is to be dialled or written.</summary>
    public Destination? Destination => this switch
    {
        Mailbox mailbox => new Destination(Transport.Mailbox, mailbox.User),
        Smtp smtp => new Destination(Transport.Smtp, smtp.Hop.ToString()),
        Exchange exchange => new Destination(Transport.Smtp, exchange.Domain.Value),
        _ => null,
    };
}

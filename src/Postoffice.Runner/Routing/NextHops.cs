using Postoffice.Store.Mail;

namespace Postoffice.Runner.Routing;

/// <summary>What an attempt by SMTP tries, for either kind of route.</summary>
internal sealed class NextHops(HostAddresses hosts, MailExchangers exchangers)
{
    public IAsyncEnumerable<Candidate> FindAsync(Route route, CancellationToken ct) => route switch
    {
        Route.Smtp smtp => hosts.FindAsync(smtp.Hop, ct),
        Route.Exchange exchange => exchangers.FindAsync(exchange.Domain, ct),
        _ => throw new ArgumentOutOfRangeException(nameof(route), route, "not by SMTP"),
    };
}

using System.Net;
using Postoffice.Runner.Routing;
using Postoffice.Runner.Transports.Sasl;
using Postoffice.Runner.Transports.Tls;
using Postoffice.Store.Configuration;

namespace Postoffice.Runner.Transports;

/// <summary>On what terms a session with one host is opened.</summary>
/// <param name="Host">Whose certificate it must show, if one is asked for.</param>
/// <param name="Credentials">Who we are for it; null: nobody in particular.</param>
/// <param name="Dial">Makes one more connection to the same address; null and why not.</param>
internal sealed record SessionTerms(
    string Host, IPAddress Address, TlsPolicy Policy, TlsRules Tls, Credentials? Credentials,
    Func<CancellationToken, Task<(Stream? Connection, string? Reason)>> Dial);

/// <summary>What the settings demand of sessions.</summary>
internal sealed record SessionRules(TlsRules Tls, CredentialsTable Credentials)
{
    /// <exception cref="SettingException">A value cannot be used.</exception>
    public static SessionRules From(Settings settings, CredentialsTable credentials, TimeProvider clock) =>
        new(TlsRules.From(settings, clock), credentials);

    /// <summary>
    /// The policy is the destination's: it must not depend on which host the DNS names. Credentials are for next hops that the operator named.
    /// </summary>
    /// <param name="peer">One of the route's hosts.</param>
    public SessionTerms For(Route route, Candidate.Peer peer, Func<CancellationToken, Task<(Stream? Connection, string? Reason)>> dial) => route switch
    {
        Route.Smtp { Hop: var hop } => new(peer.Host, peer.EndPoint.Address, Tls.PolicyFor(hop.Host), Tls, Credentials.Find(hop.Host), dial),
        Route.Exchange { Domain: var domain } => new(peer.Host, peer.EndPoint.Address, Tls.PolicyFor(domain.Value), Tls, null, dial),
        _ => throw new ArgumentOutOfRangeException(nameof(route), route, "not by SMTP"),
    };
}

using System.Net;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Routing;

/// <summary>The next place for an attempt to try.</summary>
/// <param name="Host">As configuration or the DNS names it.</param>
internal abstract record Candidate(string Host)
{
    /// <summary>All exchangers of the domain, this host among them; null when it was not found by the DNS.</summary>
    public ValueList<ResolvedHost>? Resolved { get; init; }

    public sealed record Peer(string Host, IPEndPoint EndPoint) : Candidate(Host);

    /// <summary>It cannot be dialled, and never will as things are.</summary>
    /// <param name="Reason">Words for the sender.</param>
    public sealed record Refused(string Host, EnhancedStatusCode Status, string Reason) : Candidate(Host);

    /// <summary>It cannot be dialled now.</summary>
    public sealed record Unreached(string Host, string Reason) : Candidate(Host);
}

using Postoffice.Store.Events;

namespace Postoffice.Runner.Scheduling;

/// <summary>Where attempts are capped together: one mailbox, or one next hop.</summary>
/// <param name="Name">The user's name, or <c>host:port</c>.</param>
internal sealed record Destination(Transport Transport, string Name)
{
    /// <summary>A next hop's name or address without its port, or the domain: what the patterns of settings are for.</summary>
    public string Host => Name.LastIndexOf(':') is > 0 and var colon ? Name[..colon].Trim('[', ']') : Name;
}

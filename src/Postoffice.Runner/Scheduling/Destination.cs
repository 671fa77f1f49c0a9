using Postoffice.Store.Events;

namespace Postoffice.Runner.Scheduling;

/// <summary>Where attempts are capped together: one mailbox, or one next hop.</summary>
/// <param name="Name">The user's name, or <c>host:port</c>.</param>
internal sealed record Destination(Transport Transport, string Name);

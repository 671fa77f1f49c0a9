using System.Net;

namespace Postoffice.Benchmarks.Servers;

/// <summary>What becomes of the mail that a measured server takes.</summary>
internal abstract record Delivery
{
    /// <summary>It stays in the queue: Postfix holds it, our runner does not run.</summary>
    public sealed record Held : Delivery;

    /// <summary>All of it goes to one next hop.</summary>
    public sealed record Relayed(IPEndPoint NextHop) : Delivery;

    /// <summary>It goes to the mailboxes of <see cref="MailboxUsers"/>.</summary>
    public sealed record ToMailboxes(MailboxUsers Users, MailboxKind Kind) : Delivery;
}

internal enum MailboxKind
{
    Maildir,
    Mbox,
}

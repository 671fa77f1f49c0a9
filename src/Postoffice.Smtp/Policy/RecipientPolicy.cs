using Postoffice.Smtp.Dialogue;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;

namespace Postoffice.Smtp.Policy;

/// <summary>
/// Whose mail we take: our own users' from anybody, anybody's from our own machine. There is no third case, so we are no open relay
/// (RFC 2505 §2.1). Users are looked up at once, so nobody gets a bounce for a name that never was ours.
/// </summary>
internal sealed class RecipientPolicy(IReadOnlySet<DomainName> localDomains, OwnAddresses own, Func<string, SystemUser?> findUser)
{
    private const string Postmaster = "postmaster";

    /// <summary>Whether the client may send to others through us (C-ADM-09); its greeting and its sender play no part.</summary>
    public bool MayRelay(ClientPeer client) => client.Caller is not null || (client.Address is { } address && own.Contains(address));

    public Verdict Judge(ClientPeer client, Mailbox recipient)
    {
        var mayRelay = MayRelay(client);
        if (client.IsSubmissionPort && !mayRelay) return new Verdict.Refuse(Replies.SubmissionOnly);
        if (!IsOurs(recipient)) return mayRelay ? Verdict.Accepted : new Verdict.Refuse(Replies.NoRelaying);
        if (recipient.LocalPart.Equals(Postmaster, StringComparison.OrdinalIgnoreCase)) return Verdict.Accepted; // RFC 5321 §4.5.1
        try
        {
            return IsUser(recipient.LocalPart) ? Verdict.Accepted : new Verdict.Refuse(Replies.NoSuchUser);
        }
        catch (IOException)
        {
            return new Verdict.Refuse(Replies.LocalError); // the password database's trouble is not the sender's
        }
    }

    /// <summary>A local part alone is ours: only local programs may give one, and <c>postmaster</c> (RFC 5321 §4.1.1.3).</summary>
    private bool IsOurs(Mailbox recipient) => recipient switch
    {
        { Domain: { } domain } => localDomains.Contains(domain),
        { Literal: { } literal } => own.Contains(literal.Address),
        _ => true,
    };

    /// <summary>User names compare without case (C-ADDR-21).</summary>
    private bool IsUser(string localPart) =>
        findUser(localPart) is not null || findUser(localPart.ToLowerInvariant()) is not null;
}

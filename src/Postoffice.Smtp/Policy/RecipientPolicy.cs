using Postoffice.Smtp.Dialogue;
using Postoffice.Store.Directory;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Policy;

/// <summary>
/// Whose mail we take: our own users' from anybody, anybody's from our own machine. There is no third case, so we are no open relay
/// (RFC 2505 §2.1). Users are looked up at once, so nobody gets a bounce for a name that never was ours.
/// </summary>
internal sealed class RecipientPolicy(LocalDomains domains, LocalUsers users, OwnAddresses own)
{
    private const string Postmaster = "postmaster";

    /// <summary>Whether the client may send to others through us (C-ADM-09); its greeting and its sender play no part.</summary>
    public bool MayRelay(ClientPeer client) => client.Caller is not null || (client.Address is { } address && own.Contains(address));

    /// <summary>Whether it takes a look at our users to judge the recipient.</summary>
    public bool IsOurs(Mailbox recipient) => domains.Contains(recipient);

    public Verdict Judge(ClientPeer client, Mailbox recipient)
    {
        var mayRelay = MayRelay(client);
        if (client.IsSubmissionPort && !mayRelay) return new Verdict.Refuse(Replies.SubmissionOnly);
        if (!IsOurs(recipient)) return mayRelay ? Verdict.Accepted : new Verdict.Refuse(Replies.NoRelaying);
        if (recipient.LocalPart.Equals(Postmaster, StringComparison.OrdinalIgnoreCase)) return Verdict.Accepted; // RFC 5321 §4.5.1
        try
        {
            return users.Find(recipient) is not null ? Verdict.Accepted : new Verdict.Refuse(Replies.NoSuchUser);
        }
        catch (IOException)
        {
            return new Verdict.Refuse(Replies.LocalError); // the password database's trouble is not the sender's
        }
    }
}

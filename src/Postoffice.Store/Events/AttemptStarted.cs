namespace Postoffice.Store.Events;

/// <summary>The intent to deliver, durable before anything is sent: with no <see cref="AttemptEnded"/> after it, its recipients are in doubt.</summary>
/// <param name="Attempt">Numbered within the message, from 1.</param>
/// <param name="Recipients">Recipient numbers.</param>
/// <param name="Route">Where to, as resolved for this attempt.</param>
public sealed record AttemptStarted(int Attempt, ValueList<int> Recipients, AttemptRoute Route) : QueueEvent;

/// <param name="Transport">How it goes.</param>
/// <param name="Target">A next hop as <c>host:port</c>, or the local user's name.</param>
/// <param name="Mailbox">For a mailbox: what a restart needs in order to see whether the write happened.</param>
public sealed record AttemptRoute(Transport Transport, string Target, MailboxIntent? Mailbox = null);

/// <summary>How a recipient's mail leaves the queue.</summary>
public enum Transport
{
    /// <summary>To a next hop (RFC 5321).</summary>
    Smtp,

    /// <summary>Into a mailbox of this machine.</summary>
    Mailbox,
}

/// <summary>What the deliverer is about to do to a mailbox; after a crash it tells delivered from not delivered.</summary>
/// <param name="Kind"><c>mbox</c> or <c>maildir</c>.</param>
/// <param name="Name">Maildir: the file's name in <c>tmp</c> and <c>new</c>.</param>
/// <param name="Device">Device of the mbox, or of the Maildir's folder <c>tmp</c>, as <c>major:minor</c>.</param>
/// <param name="Inode">Its inode number.</param>
/// <param name="Offset">mbox: octets of the mailbox before.</param>
/// <param name="Separator">mbox: line ends put between the mailbox and the entry, 0 to 2.</param>
/// <param name="Length">mbox: octets of the entry.</param>
/// <param name="Sha256">mbox: digest of the entry, lower-case hexadecimal.</param>
/// <param name="PrecedingSha256">mbox: digest of the end of the mailbox before the entry.</param>
/// <param name="FromLine">mbox: first line of the entry.</param>
public sealed record MailboxIntent(
    string Kind,
    string? Name = null,
    string? Device = null,
    long? Inode = null,
    long? Offset = null,
    int? Separator = null,
    long? Length = null,
    string? Sha256 = null,
    string? PrecedingSha256 = null,
    string? FromLine = null);

using System.Text.Json.Serialization;
using Postoffice.Store.Mail;

namespace Postoffice.Store.Events;

/// <summary>What became of an attempt: one fact for one SMTP transaction or mailbox write, with the outcome of every recipient in it.</summary>
/// <param name="Attempt">The number of its <see cref="AttemptStarted"/>.</param>
/// <param name="Outcomes">One for each recipient of the attempt.</param>
/// <param name="Host">Name of the next hop dialled; null for a mailbox or when none was reached.</param>
/// <param name="Address">IP address dialled.</param>
/// <param name="Tls">Protocol version and cipher suite, then <c>, verified</c> if the certificate was; null in the clear.</param>
/// <param name="Phase">How far it came: <c>connect</c>, <c>greeting</c>, <c>ehlo</c>, <c>tls</c>, <c>auth</c>, <c>mail</c>, <c>rcpt</c>, <c>data</c>, <c>content</c>, <c>dot</c> (all was sent), <c>done</c>.</param>
/// <param name="Milliseconds">How long the attempt took; null when a restart found it unfinished.</param>
/// <param name="Recovered">A restart found the attempt without an outcome and settled it by looking.</param>
/// <param name="Tried">Which other places were tried and what came of it, in order, the first 20; null when there was no other.</param>
/// <param name="TlsTrouble">Why mail went on in the clear although TLS was offered.</param>
/// <param name="Resolved">
/// The domain's exchangers as the DNS named them for this attempt, in the order of their turn, the first 10; null where none were asked for:
/// the next hop was configured or an address, or a connection was open already.
/// </param>
public sealed record AttemptEnded(
    int Attempt,
    ValueList<RecipientOutcome> Outcomes,
    string? Host = null,
    string? Address = null,
    string? Tls = null,
    string? Phase = null,
    long? Milliseconds = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Recovered = false,
    ValueList<TriedHop>? Tried = null,
    string? TlsTrouble = null,
    ValueList<ResolvedHost>? Resolved = null) : QueueEvent;

/// <summary>A host that takes a domain's mail by the DNS (RFC 5321 §5.1).</summary>
/// <param name="Preference">0 to 65,535, the lowest is asked first; null for the domain itself, which has no MX record.</param>
public sealed record ResolvedHost(string Host, int? Preference);

/// <summary>One place at which an attempt got no further than what speaks for all its recipients.</summary>
/// <param name="Host">As configuration or the DNS names it.</param>
/// <param name="Address">IP address dialled; null when it could not be dialled.</param>
/// <param name="Phase">As in <see cref="AttemptEnded"/>.</param>
/// <param name="Reply">The peer's words, hostile text; null when none came.</param>
/// <param name="Reason">Why it did not get the mail, in our own words; null where the reply tells.</param>
public sealed record TriedHop(string Host, string? Address, string? Phase, Reply? Reply = null, string? Reason = null)
{
    public string? Reason { get; } = Reason is null ? null : KeptText.Of(Reason);

    /// <inheritdoc cref="Mail.Reply.InWords"/>
    public string? InWords() => Mail.Reply.InWords(Reply, Reason);
}

/// <param name="Recipient">Recipient number.</param>
/// <param name="Reply">The peer's words, hostile text; null when no reply came.</param>
/// <param name="Reason">Why, in our own words, where there is no reply or it does not say.</param>
/// <param name="NextAttemptAt">For a deferral and a doubt: the earliest instant of the next attempt, UTC.</param>
/// <param name="DsnPassedOn">
/// For a delivery: the next hop offers DSN and got what the sender asked for, so that telling the sender is its business now (RFC 3461 §5.2.2).
/// False for a mailbox, and for a next hop without DSN: then it is ours.
/// </param>
/// <param name="Status">What the reason comes to where we refuse or put off in our own words (RFC 3463); null where a peer spoke, or nobody was there.</param>
public sealed record RecipientOutcome(
    int Recipient,
    OutcomeKind Result,
    Reply? Reply = null,
    string? Reason = null,
    DateTimeOffset? NextAttemptAt = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool DsnPassedOn = false,
    EnhancedStatusCode? Status = null)
{
    /// <inheritdoc cref="Mail.Reply.InWords"/>
    public string? InWords() => Mail.Reply.InWords(Reply, Reason);
}

/// <summary>What an attempt did for one recipient.</summary>
public enum OutcomeKind
{
    /// <summary>The next hop or the mailbox has it.</summary>
    Delivered,

    /// <summary>A permanent failure: the recipient failed.</summary>
    Refused,

    /// <summary>A transient failure: the recipient waits.</summary>
    Deferred,

    /// <summary>Everything may have been sent and no answer came: sent again, since a duplicate beats a loss.</summary>
    InDoubt,
}

using Postoffice.Store.Log;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Dialogue;

/// <summary>Everything we say to a client. 5yz is a promise that trying again is useless; our own trouble is always 4yz.</summary>
internal static class Replies
{
    // The dialogue
    public static readonly Reply Ok = new(250, new(2, 0, 0), "Ok");
    public static readonly Reply Bye = new(221, new(2, 0, 0), "Closing");
    public static readonly Reply CannotVerify = new(252, new(2, 0, 0), "Send a message and see"); // RFC 5321 §3.5.3
    public static readonly Reply UnknownVerb = new(500, new(5, 5, 1), "Command not recognised");
    public static readonly Reply NotDone = new(502, new(5, 5, 1), "Command not implemented");
    public static readonly Reply OutOfPlace = new(503, new(5, 5, 1), "Bad sequence of commands");
    public static readonly Reply BadArguments = new(501, new(5, 5, 4), "Syntax error in arguments");
    public static readonly Reply UnknownParameter = new(555, new(5, 5, 4), "Parameter not recognised"); // RFC 5321 §4.1.1.11
    public static readonly Reply LineTooLong = new(500, new(5, 5, 2), "Line too long"); // RFC 5321 §4.5.3.1.9
    public static readonly Reply BareLineEnd = new(500, new(5, 5, 2), "Lines end in CRLF, and neither CR nor LF stands alone"); // §2.3.8
    public static readonly Reply NulInLine = new(501, new(5, 5, 2), "NUL in a command");
    public static readonly Reply NotText = new(501, new(5, 5, 2), "Arguments are neither ASCII nor UTF-8");
    public static readonly Reply StartData = new(354, null, "End data with <CR><LF>.<CR><LF>");
    public static readonly Reply ReadyForTls = new(220, new(2, 0, 0), "Ready to start TLS");
    public static readonly Reply NoTls = new(454, new(4, 7, 0), "TLS is not available"); // RFC 3207 §4

    // Envelope
    public static readonly Reply SenderOk = new(250, new(2, 1, 0), "Sender ok");
    public static readonly Reply RecipientOk = new(250, new(2, 1, 5), "Recipient ok");
    public static readonly Reply BadSender = new(501, new(5, 1, 7), "Malformed sender address");
    public static readonly Reply BadRecipient = new(501, new(5, 1, 3), "Malformed recipient address");
    public static readonly Reply NeedsSmtpUtf8 = new(553, new(5, 6, 7), "An address beyond ASCII needs SMTPUTF8"); // RFC 6531 §3.5
    public static readonly Reply NoSuchUser = new(550, new(5, 1, 1), "No such user here");
    public static readonly Reply NoRelaying = new(550, new(5, 7, 1), "Relaying refused");
    public static readonly Reply SubmissionOnly = new(530, new(5, 7, 0), "Authentication required"); // RFC 6409 §4.3
    public static readonly Reply TooManyRecipients = new(452, new(4, 5, 3), "Too many recipients"); // RFC 5321 §4.5.3.1.10

    // Content
    public static readonly Reply TooLarge = new(552, new(5, 3, 4), "Message larger than the limit"); // RFC 1870 §6
    public static readonly Reply HeaderTooLarge = new(552, new(5, 3, 4), "Header larger than the limit");
    public static readonly Reply TooManyHops = new(554, new(5, 4, 6), "Too many Received fields: is this message looping?"); // RFC 5321 §6.3
    public static readonly Reply BareLineEndInContent = new(550, new(5, 6, 0), "A CR or LF stands alone in the message"); // §2.3.8
    public static readonly Reply NulInContent = new(550, new(5, 6, 0), "A NUL stands in the message");
    public static readonly Reply LongLineInContent = new(554, new(5, 6, 0), "A line of the message is too long"); // RFC 5321 §4.5.3.1.6
    public static readonly Reply ChunkTaken = new(250, new(2, 0, 0), "Chunk taken"); // RFC 3030 §2
    public static readonly Reply ContentInterrupted = new(451, new(4, 4, 2), "The message did not end");

    // Our own trouble
    public static readonly Reply LocalError = new(451, new(4, 3, 0), "Local error, try again later");
    public static readonly Reply StoreFull = new(452, new(4, 3, 1), "Not enough space, try again later");

    // The end of a session
    public static readonly Reply TimedOut = new(421, new(4, 4, 2), "Timed out");
    public static readonly Reply Stopping = new(421, new(4, 3, 2), "Shutting down, try again later");
    public static readonly Reply TooBusy = new(421, new(4, 3, 2), "Too many connections, try again later");
    public static readonly Reply TooManyErrors = new(421, new(4, 7, 0), "Too many errors");
    public static readonly Reply LostTrack = new(421, new(4, 3, 0), "Local error, try again later");

    public static Reply Greeting(DomainName self) => new(220, null, $"{self} ESMTP");

    /// <summary>The only promise that matters: given after the message is durable (RFC 5321 §6.1).</summary>
    public static Reply Accepted(QueueId id) => new(250, new(2, 0, 0), $"{id} accepted");

    public static Reply For(StoreTrouble trouble) => trouble switch
    {
        StoreTrouble.Full => StoreFull,
        StoreTrouble.Stopping => Stopping,
        _ => LocalError,
    };
}

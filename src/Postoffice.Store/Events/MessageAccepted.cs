using System.Text.Json.Serialization;
using Postoffice.Store.Mail;

namespace Postoffice.Store.Events;

/// <summary>We took responsibility for a message (RFC 5321 §6.1). The 250 follows this fact and never precedes it.</summary>
/// <param name="From">The reverse-path; null reverse-path for DSNs.</param>
/// <param name="Recipients">Numbered from 1; later facts name the number.</param>
/// <param name="Client">Who handed it to us.</param>
/// <param name="Size">Octets of the content as received.</param>
/// <param name="Sha256">Of the content as received, lower-case hexadecimal.</param>
/// <param name="Body">BODY= of MAIL (RFC 6152); null when not given.</param>
/// <param name="SmtpUtf8">SMTPUTF8 was asked for (RFC 6531).</param>
/// <param name="Ret">RET= of MAIL (RFC 3461 §4.3); null when not given.</param>
/// <param name="EnvelopeId">ENVID= of MAIL, decoded (RFC 3461 §4.4); null when not given.</param>
/// <param name="EightBit">The content has octets above 127, whatever BODY said; older facts do not tell.</param>
public sealed record MessageAccepted(
    ReversePath From,
    ValueList<AcceptedRecipient> Recipients,
    MessageOrigin Client,
    long Size,
    string Sha256,
    string? Body = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool SmtpUtf8 = false,
    Ret? Ret = null,
    string? EnvelopeId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool EightBit = false) : QueueEvent;

/// <param name="Number">From 1; names the recipient for life.</param>
/// <param name="To">The forward-path as accepted.</param>
/// <param name="Notify">NOTIFY= of RCPT (RFC 3461 §4.1); null when not given.</param>
/// <param name="OriginalRecipient">ORCPT= of RCPT as <c>type;xtext</c> (RFC 3461 §4.2); null when not given.</param>
public sealed record AcceptedRecipient(int Number, ForwardPath To, Notify? Notify = null, string? OriginalRecipient = null);

/// <summary>How a message came to us.</summary>
/// <param name="Protocol">The word of the Received field (RFC 3848): SMTP, ESMTP, ESMTPS, LOCAL, DROP, or DSN for our own.</param>
/// <param name="Address">The client's IP address; null for Unix sockets, files and our own messages.</param>
/// <param name="Helo">What the client called itself; hostile text.</param>
/// <param name="Tls">Protocol version and cipher suite; null in the clear.</param>
/// <param name="Uid">The local user's id, where the kernel told it.</param>
public sealed record MessageOrigin(string Protocol, string? Address = null, string? Helo = null, string? Tls = null, long? Uid = null);

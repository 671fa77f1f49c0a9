using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Transports;

/// <summary>The envelope as MAIL and RCPT carry it to a peer: parameters only of extensions that it offers (RFC 5321 §4.1.1.11).</summary>
internal static class EnvelopeCommands
{
    /// <param name="octets">Of the message, dots not doubled.</param>
    /// <param name="recipients">Who the peer will be asked for.</param>
    public static string Mail(PeerExtensions peer, QueuedMessage message, IEnumerable<QueuedRecipient> recipients, long octets)
    {
        var accepted = message.Accepted;
        var command = $"MAIL FROM:<{accepted.From}>";
        if (peer.Size) command += $" SIZE={octets}"; // RFC 1870 §6
        if (peer.EightBitMime && (accepted.EightBit ? "8BITMIME" : accepted.Body) is { } body) command += $" BODY={body}"; // RFC 6152 §3
        if (peer.SmtpUtf8 && (accepted.SmtpUtf8 || NeedsUtf8(accepted.From) || recipients.Any(NeedsUtf8))) command += " SMTPUTF8"; // RFC 6531 §3.4
        if (peer.Dsn && accepted.Ret is { } wanted && DsnParameters.Format(wanted) is { } ret) command += $" RET={ret}"; // RFC 3461 §4.3
        if (peer.Dsn && accepted.EnvelopeId is { } id) command += $" ENVID={XText.Encode(id)}"; // RFC 3461 §4.4
        return command;
    }

    /// <param name="self">Our name: what somebody who is known by a local part alone has behind the <c>@</c> elsewhere.</param>
    public static string Rcpt(PeerExtensions peer, QueuedRecipient recipient, DomainName self)
    {
        var accepted = recipient.Accepted;
        var to = accepted.To.Mailbox is { IsLocalPartOnly: true } bare && bare.At(self) is { } complete ? ForwardPath.To(complete) : accepted.To;
        var command = $"RCPT TO:<{to}>";
        if (peer.Dsn && accepted.Notify is { } wanted && DsnParameters.Format(wanted) is { } notify) command += $" NOTIFY={notify}"; // RFC 3461 §4.1
        if (peer.Dsn && accepted.OriginalRecipient is { } stored && $"{OriginalRecipient.Parse(stored)}" is { Length: <= OriginalRecipient.MaxCharacters } original)
        {
            command += $" ORCPT={original}"; // RFC 3461 §4.2; what grew too long in ASCII only we know
        }
        return command;
    }

    public static bool NeedsUtf8(ReversePath from) => from.Mailbox is { IsAscii: false };

    public static bool NeedsUtf8(QueuedRecipient recipient) => !recipient.Accepted.To.Mailbox.IsAscii;
}

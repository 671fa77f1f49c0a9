using Postoffice.Store.Mail;

namespace Postoffice.Runner.Deliverer;

/// <summary>One message for one mailbox. The content travels beside it.</summary>
/// <param name="User">The mailbox's owner, spelled as the password database spells him; any other spelling is an unknown user.</param>
/// <param name="Recipient">The recipient's number within the message, from 1.</param>
/// <param name="Attempt">Number of this attempt, from 1. Id, recipient and attempt together name the delivery: never use them twice once the intent is committed.</param>
/// <param name="Sender">Reverse-path without angle brackets for mbox's <c>From </c> line; empty for the null reverse-path.</param>
/// <param name="ArrivedAt">When we took the message: the time of the <c>From </c> line, which shows it as local time.</param>
/// <param name="DeliveredAt">Now: the time in a Maildir file's name, by which readers sort.</param>
public sealed record DeliveryRequest(
    string User, QueueId Id, int Recipient, int Attempt, string Sender, DateTimeOffset ArrivedAt, DateTimeOffset DeliveredAt)
{
    /// <summary>Octets of <see cref="Sender"/> at most (RFC 5321 §4.5.3.1.3 has 256; SMTPUTF8 and long local-parts get room).</summary>
    public const int MaxSenderOctets = 1024;

    /// <summary>Octets of <see cref="User"/> at most.</summary>
    public const int MaxUserOctets = 255;
}

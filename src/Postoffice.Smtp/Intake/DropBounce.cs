using System.Security.Cryptography;
using System.Text;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Intake;

/// <summary>
/// What tells the owner of a drop file that his message is not taken: <c>sendmail</c> said that all is well, and he is not there any more. A
/// report as RFC 3464 has it: words for people, fields for programs, the message's header. ASCII, every line in CRLF.
/// </summary>
internal static class DropBounce
{
    private const int MaxRecipients = 100; // named; more are counted

    /// <param name="id">The bounce's own.</param>
    /// <param name="to">Its recipient.</param>
    /// <param name="keptAs">Where the message stays.</param>
    public static byte[] Compose(
        DroppedMail mail, DropOutcome.Refused refused, QueueId id, ForwardPath to, DomainName self, string keptAs, DateTimeOffset now)
    {
        var part = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var status = refused.Status ?? new EnhancedStatusCode(5, 0, 0);
        var recipients = mail.Envelope.Recipients;
        var text = new StringBuilder(
            $"""
            From: "Mail delivery" <MAILER-DAEMON@{self}>
            To: {Ascii(to.ToString())}
            Subject: Undelivered mail
            Date: {AddedFields.Date(now)}
            Message-ID: <{id}.dsn@{self}>
            Auto-Submitted: auto-replied
            MIME-Version: 1.0
            Content-Type: multipart/report; report-type=delivery-status; boundary="{part}"

            --{part}
            Content-Type: text/plain; charset=us-ascii

            This is the mail system at {self}.

            A message that you gave to sendmail while the mail service did not run
            cannot be sent. It was not delivered to any of its {recipients.Count} recipients.

                It {Ascii(refused.Reason)}.

            The message is kept as {Ascii(keptAs)}.
            Its header is attached. Questions go to the postmaster.

            --{part}
            Content-Type: message/delivery-status

            Reporting-MTA: dns; {self}

            """);
        foreach (var recipient in recipients.Take(MaxRecipients))
        {
            text.Append(
                $"""

                Final-Recipient: {(recipient.Mailbox.IsAscii ? "rfc822" : "utf-8")}; {Ascii(Complete(recipient.Mailbox, self).ToString())}
                Action: failed
                Status: {status}
                Diagnostic-Code: X-Postoffice; {Ascii(refused.Reason)}

                """);
        }
        text.Append($"\n--{part}\nContent-Type: text/rfc822-headers\n\n{Lines(mail.Header)}\n--{part}--\n");
        return Encoding.Latin1.GetBytes(text.Replace("\n", "\r\n").ToString());
    }

    private static Mailbox Complete(Mailbox mailbox, DomainName self) => mailbox.IsLocalPartOnly ? mailbox.At(self) ?? mailbox : mailbox;

    private static string Ascii(string hostile) => Ascii(PrintableText.Escape(hostile).AsSpan());

    private static string Ascii(ReadOnlySpan<char> text)
    {
        var ascii = new StringBuilder(text.Length);
        foreach (var character in text) ascii.Append(character is (>= ' ' and <= '~') or '\n' ? character : '?');
        return ascii.ToString();
    }

    /// <summary>The header up to its empty line, or as much of it as was read; what is neither ASCII nor a line's end becomes a question mark.</summary>
    private static string Lines(byte[] header)
    {
        var text = Encoding.Latin1.GetString(header).Replace("\r\n", "\n").Replace('\t', ' ');
        var end = text.StartsWith('\n') ? 0 : text.IndexOf("\n\n", StringComparison.Ordinal);
        return Ascii(end < 0 ? text : text.AsSpan(0, end + 1));
    }
}

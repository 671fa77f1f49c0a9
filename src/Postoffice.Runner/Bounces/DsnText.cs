using System.Globalization;
using System.Text;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Bounces;

/// <summary>What a person reads: which address, what happened to it, what to do about it.</summary>
internal static class DsnText
{
    private const int MaxReasonCharacters = 1_000;

    public static string For(QueuedMessage message, IReadOnlyList<QueuedRecipient> failed, DomainName self, DateTimeOffset now)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"This is the mail system at {self}.\n\n");
        text.Append(message.Accepted.From.IsNull
            ? "A message without a sender to return it to could not be delivered.\n"
            : $"A message from {message.Accepted.From} could not be delivered.\n");
        text.Append(CultureInfo.InvariantCulture, $"It arrived here on {message.AcceptedAt:yyyy-MM-dd HH:mm:ss} UTC under the number {message.Id}.\n");
        foreach (var recipient in failed) Append(text, message, recipient, now);
        text.Append("\nThe header of the message is attached. Questions go to the postmaster, with the number above.\n");
        return text.ToString();
    }

    private static void Append(StringBuilder text, QueuedMessage message, QueuedRecipient recipient, DateTimeOffset now)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n{recipient.Accepted.To}\n");
        var reason = recipient.Last switch
        {
            { Reply: { } reply } => reply.ToString(),
            { Reason: { } own } => own,
            _ => "it was never tried",
        };
        if (recipient.State is RecipientState.Expired)
        {
            text.Append(CultureInfo.InvariantCulture, $"    No delivery succeeded in {Span(now - message.AcceptedAt)}. The last try ended with:\n");
        }
        foreach (var line in reason.Split('\n')) text.Append("    ").Append(PrintableText.Escape(line, MaxReasonCharacters)).Append('\n');
        text.Append("    ").Append(Advice(recipient)).Append('\n');
    }

    private static string Advice(QueuedRecipient recipient) => recipient switch
    {
        { State: RecipientState.Expired } => "You may send it again later; nothing more is tried from here.",
        { Last.Reply.Status: { Subject: 1 } } => "Please check the address, and send the message again if it was misspelled.",
        { Last.Reply.Status: { Subject: 2 } } => "The mailbox does not take it; its owner may be able to help.",
        { Last.Reply.Status: { Subject: 7 } } => "The receiving side does not want it; its postmaster knows why.",
        _ => "The words above are those of the system that refused it.",
    };

    private static string Span(TimeSpan span) => span switch
    {
        { TotalDays: >= 1 } => $"{span.Days} days and {span.Hours} hours",
        { TotalHours: >= 1 } => $"{span.Hours} hours and {span.Minutes} minutes",
        _ => $"{span.Minutes} minutes and {span.Seconds} seconds",
    };
}

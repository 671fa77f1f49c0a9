using System.Globalization;
using System.Text;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Bounces;

/// <summary>What a person reads: which address, what happened to it, what to do about it.</summary>
internal static class DsnText
{
    private const int MaxReasonCharacters = 900; // with the margin within the 998 octets of a line (RFC 5322 §2.1.1), also escaped

    /// <summary>By the worst there is to tell.</summary>
    public static string Subject(IReadOnlyList<ReportedRecipient> told) => Worst(told) switch
    {
        DsnAction.Failed => "Undelivered mail",
        DsnAction.Delayed => "Delayed mail, still being tried",
        _ => "Delivered mail",
    };

    /// <param name="original">What is attached of the message; null for nothing.</param>
    /// <param name="triedUntil">When what is delayed is given up.</param>
    public static string For(
        QueuedMessage message, IReadOnlyList<ReportedRecipient> told, ReturnedOriginal? original, DomainName self, DateTimeOffset triedUntil, DateTimeOffset now)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"This is the mail system at {self}.\n\n");
        text.Append(message.Accepted.From.IsNull
            ? "A message without a sender to return it to"
            : $"A message from {message.Accepted.From}");
        text.Append(Worst(told) switch
        {
            DsnAction.Failed => " could not be delivered.\n",
            DsnAction.Delayed => " could not be delivered yet. This is a warning only:\nyou need not send it again.\n",
            _ => " was delivered.\n",
        });
        text.Append(CultureInfo.InvariantCulture, $"It arrived here on {Instant(message.AcceptedAt)} under the number {message.Id}.\n");
        foreach (var one in told.OrderBy(one => one.Action)) Append(text, message, one, triedUntil, now);
        var attached = original switch
        {
            null => "Nothing of the message is attached, since it cannot be read any more.",
            { IsWhole: true } => "The message is attached.",
            _ => "The header of the message is attached.",
        };
        text.Append(CultureInfo.InvariantCulture, $"\n{attached} Questions go to the postmaster, with the number above.\n");
        return text.ToString();
    }

    private static DsnAction Worst(IEnumerable<ReportedRecipient> told) => told.Min(one => one.Action);

    private static void Append(StringBuilder text, QueuedMessage message, ReportedRecipient one, DateTimeOffset triedUntil, DateTimeOffset now)
    {
        var recipient = one.Recipient;
        text.Append(CultureInfo.InvariantCulture, $"\n{recipient.Accepted.To}\n");
        switch (one.Action)
        {
            case DsnAction.Delivered:
                Say(text, "It is in the mailbox.");
                return;
            case DsnAction.Relayed:
                Say(text, "It was handed on to a system that does not tell of deliveries, so nothing more is");
                Say(text, $"said from here: {recipient.LastHost ?? "the next hop"} took it.");
                return;
            case DsnAction.Delayed:
                Say(text, $"No delivery succeeded in {Span(now - message.AcceptedAt)}. {LastTry(recipient)}");
                SayReason(text, recipient);
                Say(text, $"It is tried on until {Instant(triedUntil)}.");
                return;
        }
        var isSaid = recipient is { Ending: not null, Last: not null }; // a deed ends with the words last heard
        if (recipient.State is RecipientState.Expired)
        {
            if (recipient.Ending is { } deed) Say(text, $"It was {PrintableText.Escape(deed, MaxReasonCharacters)}.");
            Say(text, $"No delivery is known to have succeeded in {Span(now - message.AcceptedAt)}.{(isSaid ? "" : $" {LastTry(recipient)}")}");
        }
        if (!isSaid) SayReason(text, recipient);
        if (recipient.MayHaveIt)
        {
            Say(text, "It may have been delivered all the same: an attempt was cut off, or ended without an answer.");
            Say(text, "Please ask the recipient before you send it again.");
        }
        else
        {
            Say(text, Advice(recipient));
        }
    }

    private static void Say(StringBuilder text, string line) => text.Append("    ").Append(line).Append('\n');

    private static string LastTry(QueuedRecipient recipient) => recipient.Last is null ? "" : "The last try ended with:";

    private static void SayReason(StringBuilder text, QueuedRecipient recipient)
    {
        var reason = recipient.Last?.InWords() ?? "It was never tried: its destination had no place for it or was down.";
        foreach (var line in reason.Split('\n')) Say(text, PrintableText.Escape(line, MaxReasonCharacters));
    }

    private static string Advice(QueuedRecipient recipient) => recipient switch
    {
        { State: RecipientState.Expired } => "You may send it again later; nothing more is tried from here.",
        { Last: { } last } => (last.Reply?.Status ?? last.Status) switch
        {
            { Subject: 1 } => "Please check the address, and send the message again if it was misspelled.",
            { Subject: 2, Detail: 2 } => "The mailbox is full; its owner has to make room before you send the message again.",
            { Subject: 2, Detail: 3 } or { Subject: 3, Detail: 4 } => "Please send a smaller message, or pass on the large part of it another way.",
            { Subject: 2 } => "The mailbox does not take it; its owner may be able to help.",
            { Subject: 4 } => "Please check what stands behind the @; else the postmaster of that domain has to mend its DNS or its routes.",
            { Subject: 6 } => "Please send it in plain text without special characters, also in the addresses.",
            { Subject: 7 } => "The receiving side does not want it; its postmaster knows why.",
            _ when last.Reply is not null && recipient.LastHost is { } host =>
                $"These are the words of {host}. Please check the address; if it is right, only that system's postmaster can help.",
            _ => "Please ask the postmaster, with the number above.",
        },
        _ => "Please ask the postmaster, with the number above.",
    };

    private static string Instant(DateTimeOffset at) => string.Create(CultureInfo.InvariantCulture, $"{at:yyyy-MM-dd HH:mm:ss} UTC");

    private static string Span(TimeSpan span) => span switch
    {
        { TotalDays: >= 1 } => $"{Count(span.Days, "day")} and {Count(span.Hours, "hour")}",
        { TotalHours: >= 1 } => $"{Count(span.Hours, "hour")} and {Count(span.Minutes, "minute")}",
        _ => $"{Count(span.Minutes, "minute")} and {Count(span.Seconds, "second")}",
    };

    private static string Count(int number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";
}

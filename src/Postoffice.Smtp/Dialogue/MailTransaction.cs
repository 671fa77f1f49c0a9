using Postoffice.Smtp.Grammar;
using Postoffice.Smtp.Intake;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Dialogue;

/// <summary>
/// One mail transaction: from MAIL to the final dot (RFC 5321 §3.3). Nothing of it outlives its end: the next MAIL makes a new one.
/// </summary>
internal sealed class MailTransaction(MailArguments mail) : IAsyncDisposable
{
    private readonly List<AcceptedRecipient> recipients = [];
    private readonly HashSet<Mailbox> known = [];

    public MailArguments Mail { get; } = mail;

    /// <summary>In the order they came, numbered from 1.</summary>
    public IReadOnlyList<AcceptedRecipient> Recipients => recipients;

    /// <summary>Content of BDAT chunks so far; null before the first.</summary>
    public ContentIntake? Content { get; set; }

    /// <summary>By when all of the content must be here; null before it begins.</summary>
    public Deadline? ContentDeadline { get; set; }

    /// <summary>Grows with every command that brings the message further.</summary>
    public long Extent => 1 + recipients.Count + (Content?.Octets ?? 0);

    /// <summary>Adds a recipient; one that is there already stays as it was and counts once (C-SMTP-39).</summary>
    public void Add(RcptArguments rcpt)
    {
        if (!known.Add(rcpt.To.Mailbox)) return;
        recipients.Add(new AcceptedRecipient(recipients.Count + 1, rcpt.To, rcpt.Notify, rcpt.OriginalRecipient?.ToString()));
    }

    public ValueTask DisposeAsync() => Content?.DisposeAsync() ?? default;
}

using Postoffice.Store.Mail;

namespace Postoffice.Admin.Sendmail;

/// <summary>The envelope of a submitted message.</summary>
/// <param name="From">A local part alone is completed by the listener.</param>
/// <param name="Recipients">Each once; local parts alone are completed by the listener.</param>
/// <param name="Body"><c>7BIT</c> or <c>8BITMIME</c>; null when nobody said.</param>
internal sealed record Submission(
    ReversePath From,
    IReadOnlyList<ForwardPath> Recipients,
    Notify Notify = Notify.Unspecified,
    Ret Ret = Ret.Unspecified,
    string? EnvelopeId = null,
    string? Body = null)
{
    /// <summary>An address outside ASCII travels with SMTPUTF8 (RFC 6531 §3.4).</summary>
    public bool NeedsUtf8 => From.Mailbox is { IsAscii: false } || Recipients.Any(recipient => !recipient.Mailbox.IsAscii);
}

/// <summary>What became of handing a message to the listener.</summary>
internal abstract record SubmissionResult
{
    /// <summary>The listener has it, durably (RFC 5321 §6.1), but for the recipients it refused.</summary>
    public sealed record Accepted(IReadOnlyList<RefusedRecipient> Refusals) : SubmissionResult;

    /// <summary>Refused for good: the sender, the content, or the session itself.</summary>
    public sealed record Refused(Reply Reply) : SubmissionResult;

    /// <summary>Every recipient was refused for good.</summary>
    public sealed record NoRecipient(IReadOnlyList<RefusedRecipient> Refusals) : SubmissionResult;

    /// <summary>No listener, or one that cannot now: it did not take the message, or did not come to say so.</summary>
    /// <param name="Left">Recipients for whom nobody has it yet.</param>
    /// <param name="Refusals">Of recipients in transactions before.</param>
    public sealed record NotNow(string Why, IReadOnlyList<ForwardPath> Left, IReadOnlyList<RefusedRecipient> Refusals) : SubmissionResult;
}

/// <summary>A recipient and why it was not taken; the reply is text from outside.</summary>
internal sealed record RefusedRecipient(ForwardPath Recipient, Reply Reply);

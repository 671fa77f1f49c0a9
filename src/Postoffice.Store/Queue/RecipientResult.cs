using Postoffice.Store.Events;
using Postoffice.Store.Mail;

namespace Postoffice.Store.Queue;

/// <summary>
/// What a transport says of one recipient, before it is decided what that means. A reply or reason is kept to
/// <see cref="Reply.MaxKeptCharacters"/>: a hostile one has 64 KiB, and a transaction has it once for each of its recipients.
/// </summary>
/// <param name="Recipient">Recipient number.</param>
public abstract record RecipientResult(int Recipient)
{
    /// <summary>The recipient has failed for good.</summary>
    public bool IsFailure => this is Failed or Refused { Reply.IsPermanent: true };

    /// <summary>2yz to the final dot, or the mailbox has it.</summary>
    /// <param name="DsnPassedOn">See <see cref="Events.RecipientOutcome"/>.</param>
    public sealed record Delivered(int Recipient, Reply Reply, bool DsnPassedOn = false) : RecipientResult(Recipient)
    {
        public Reply Reply { get; } = Reply.Kept();
    }

    /// <summary>4yz or 5yz.</summary>
    public sealed record Refused(int Recipient, Reply Reply) : RecipientResult(Recipient)
    {
        public Reply Reply { get; } = Reply.Kept();
    }

    /// <summary>Given up in our own words: there is nobody to ask, or it is nothing that the next hop takes.</summary>
    /// <param name="Status">Of class 5.</param>
    public sealed record Failed(int Recipient, EnhancedStatusCode Status, string Reason) : RecipientResult(Recipient)
    {
        public string Reason { get; } = KeptText.Of(Reason);
    }

    /// <summary>Not taken, and to be tried again, by a judgement of ours: the mailbox is in trouble, or the reply does not say so by itself.</summary>
    /// <param name="Status">Of class 4: what the reason comes to; null where there is a reply.</param>
    /// <param name="Reply">The peer's words as they were, of any class; null where no peer spoke.</param>
    public sealed record PutOff(int Recipient, string Reason, EnhancedStatusCode? Status = null, Reply? Reply = null) : RecipientResult(Recipient)
    {
        public string Reason { get; } = KeptText.Of(Reason);
        public Reply? Reply { get; } = Reply?.Kept();
    }

    /// <summary>No reply, and nothing was taken: no route, no connection, our own trouble.</summary>
    public sealed record Unreached(int Recipient, string Reason) : RecipientResult(Recipient)
    {
        public string Reason { get; } = KeptText.Of(Reason);
    }

    /// <summary>Nothing was taken and nothing speaks against another try at once: we stopped in the middle of it.</summary>
    public sealed record Interrupted(int Recipient, string Reason) : RecipientResult(Recipient)
    {
        public string Reason { get; } = KeptText.Of(Reason);
    }

    /// <summary>Everything may have been sent and no answer came (RFC 1047).</summary>
    public sealed record InDoubt(int Recipient, string Reason) : RecipientResult(Recipient)
    {
        public string Reason { get; } = KeptText.Of(Reason);
    }
}

/// <summary>An attempt as the transport saw it; see <see cref="Events.AttemptEnded"/>.</summary>
public sealed record AttemptReport(
    IReadOnlyList<RecipientResult> Results,
    string? Host = null,
    string? Address = null,
    string? Tls = null,
    string? Phase = null,
    TimeSpan? Took = null,
    bool Recovered = false,
    ValueList<TriedHop>? Tried = null,
    string? TlsTrouble = null,
    ValueList<ResolvedHost>? Resolved = null)
{
    /// <summary>It came to nothing for reasons of our own, which say nothing of the destination.</summary>
    public bool IsOurTrouble { get; init; }

    /// <summary>What nobody foresaw ended it: trouble of our own, for which the message is held. Null for nothing.</summary>
    public Exception? Surprise { get; init; }
}

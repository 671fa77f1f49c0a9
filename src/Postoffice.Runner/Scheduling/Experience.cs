using Postoffice.Store.Queue;

namespace Postoffice.Runner.Scheduling;

/// <summary>What an attempt says about its destination.</summary>
internal enum Experience
{
    /// <summary>Nothing: no word was exchanged with it.</summary>
    None,

    /// <summary>It works on mail, whatever it said to this one.</summary>
    Good,

    /// <summary>Not reached, or too busy for mail.</summary>
    Trouble,
}

internal static class AttemptExperience
{
    /// <summary>
    /// Whoever answers works on mail, whatever the answer, but 421 means that it is too busy (RFC 5321 §3.8); who hangs up or falls silent and took
    /// mail for nobody is in trouble, however far the session came. A refusal for good is an answer: a domain that does not exist fails its mail, it
    /// does not delay it.
    /// </summary>
    public static Experience Experience(this AttemptReport report)
    {
        if (report.IsOurTrouble || report.Results.All(result => result is RecipientResult.Interrupted || result.IsFailure)) return Scheduling.Experience.None;
        if (report.Phase is "connect" or "greeting" or "ehlo" or "tls" or "auth") return Scheduling.Experience.Trouble;
        if (report.Results.All(result => result is RecipientResult.Refused { Reply.Code: 421 })) return Scheduling.Experience.Trouble;
        var isBroken = report.Results.Any(result => result is RecipientResult.Unreached or RecipientResult.InDoubt)
            && !report.Results.Any(result => result is RecipientResult.Delivered);
        return isBroken ? Scheduling.Experience.Trouble : Scheduling.Experience.Good;
    }
}

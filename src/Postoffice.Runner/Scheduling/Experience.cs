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
    /// Whoever got as far as MAIL works on mail, whatever it says to this one; 421 means that it is too busy (RFC 5321 §3.8). A refusal for good
    /// is an answer: a domain that does not exist fails its mail, it does not delay it.
    /// </summary>
    public static Experience Experience(this AttemptReport report)
    {
        if (report.Results.All(result => result is RecipientResult.Interrupted || result.IsFailure))
        {
            return Scheduling.Experience.None;
        }
        if (report.Results.All(result => result is RecipientResult.Refused { Reply.Code: 421 })) return Scheduling.Experience.Trouble;
        return report.Phase is "connect" or "greeting" or "ehlo" or "tls" or "auth" ? Scheduling.Experience.Trouble : Scheduling.Experience.Good;
    }
}

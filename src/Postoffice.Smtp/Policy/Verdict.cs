using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Policy;

/// <summary>What a policy says of a command: take it, or answer this.</summary>
internal abstract record Verdict
{
    private Verdict()
    {
    }

    public static readonly Verdict Accepted = new Accept();

    public sealed record Accept : Verdict;

    /// <param name="Reply">4yz or 5yz.</param>
    public sealed record Refuse(Reply Reply) : Verdict;
}

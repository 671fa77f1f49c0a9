using Postoffice.Store.Mail;

namespace Postoffice.Runner.Transports;

/// <summary>What a peer answers to a command, or that it does not.</summary>
internal abstract record Answer
{
    private Answer()
    {
    }

    public sealed record Said(Reply Reply) : Answer;

    /// <summary>It was not asked: it does not take what the message needs.</summary>
    /// <param name="Reason">Words for the sender.</param>
    public sealed record Unfit(EnhancedStatusCode Status, string Reason) : Answer;

    /// <summary>No reply came, or none that can be understood; the session is of no more use.</summary>
    /// <param name="Reason">A sentence without the peer's own words.</param>
    public sealed record Lost(string Reason) : Answer;
}

using Postoffice.Runner.Routing;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Conversations;

/// <summary>The one line of an attempt without a connection: into a mailbox, or nowhere.</summary>
internal static class OutcomeLine
{
    /// <summary>Null for a route whose conversation has told it already.</summary>
    public static string? Of(QueuedMessage message, Route route, RecipientResult result)
    {
        var (kind, name) = route switch
        {
            Route.Mailbox mailbox => ("mailbox", mailbox.User),
            Route.Unknown unknown => ("mailbox", unknown.Name),
            Route.Refused refused => ("no route", refused.Name),
            Route.Nowhere nowhere => ("no route", nowhere.Name),
            _ => ("", null),
        };
        return name is null ? null : $"{kind.PadRight(Conversation.PeerWidth)} {message.Id} {name}: {Outcome(result)}";
    }

    private static string Outcome(RecipientResult result) => result switch
    {
        RecipientResult.Delivered => "delivered",
        RecipientResult.PutOff(_, var reason, _, _) => $"deferred: {reason}",
        RecipientResult.Failed(_, _, var reason) => $"refused: {reason}",
        RecipientResult.Unreached(_, var reason) => $"deferred: {reason}",
        RecipientResult.Interrupted(_, var reason) => $"interrupted: {reason}",
        RecipientResult.InDoubt(_, var reason) => $"in doubt: {reason}",
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, "no result"),
    };
}

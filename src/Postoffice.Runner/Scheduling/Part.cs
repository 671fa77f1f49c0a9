using Postoffice.Runner.Routing;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Scheduling;

/// <summary>A part of the work on a message: recipients that go the same way together, as it was planned.</summary>
/// <param name="Message">As it stood then.</param>
internal sealed record Part(QueuedMessage Message, Route Route, IReadOnlyList<QueuedRecipient> Recipients)
{
    private const int MaxRecipientsOfTransaction = 100; // what every server takes (RFC 5321 §4.5.3.1.8)

    private static readonly EnhancedStatusCode NoSuchUser = new(5, 1, 1); // bad destination mailbox address (RFC 3463 §3.2)

    public IReadOnlyList<int> Numbers => [.. Recipients.Select(recipient => recipient.Number)];

    /// <summary>The way to record for what leads nowhere.</summary>
    public AttemptRoute Nowhere => Route switch
    {
        Route.Unknown unknown => new AttemptRoute(Transport.Mailbox, unknown.Name),
        Route.Refused refused => new AttemptRoute(Transport.Smtp, refused.Name),
        Route.Nowhere nowhere => new AttemptRoute(Transport.Smtp, nowhere.Name),
        _ => throw new InvalidOperationException($"{Route} leads somewhere"),
    };

    /// <summary>
    /// Each mailbox is an attempt of its own, so that each delivery happens exactly once; a next hop gets all of its recipients together, but for
    /// those whose address asks it for SMTPUTF8: an exchanger that lacks it says nothing about the others.
    /// </summary>
    public static IEnumerable<Part> Of(QueuedMessage message, IReadOnlyList<QueuedRecipient> waiting, IRouter router)
    {
        var rerouted = message.Rerouted?.To is { } hop ? new Route.Smtp(hop) : null;
        var groups = waiting.GroupBy(recipient => (Route: rerouted ?? Resolve(router, recipient), recipient.Accepted.To.Mailbox.IsAscii));
        foreach (var group in groups)
        {
            var route = group.Key.Route;
            foreach (var chunk in group.Chunk(route is Route.Mailbox ? 1 : MaxRecipientsOfTransaction)) yield return new Part(message, route, chunk);
        }
    }

    /// <summary>What is said where nothing is to be dialled or written; null where something is.</summary>
    public AttemptReport? Said() => Route switch
    {
        Route.Unknown unknown => Said(number => new RecipientResult.Failed(number, NoSuchUser, $"<{unknown.Name}>: no such user here")),
        Route.Refused refused => Said(number => new RecipientResult.Failed(number, refused.Status, refused.Reason)),
        Route.Nowhere nowhere => Said(number => new RecipientResult.Unreached(number, nowhere.Reason)),
        _ => null,
    };

    private AttemptReport Said(Func<int, RecipientResult> result) => new([.. Numbers.Select(result)]);

    private static Route Resolve(IRouter router, QueuedRecipient recipient)
    {
        try
        {
            return router.Resolve(recipient.Accepted.To);
        }
        catch (IOException trouble)
        {
            return new Route.Nowhere(recipient.Accepted.To.ToString(), $"users cannot be looked up now: {trouble.Message}");
        }
    }
}

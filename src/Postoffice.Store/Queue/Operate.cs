using Postoffice.Store.Events;
using Postoffice.Store.Mail;

namespace Postoffice.Store.Queue;

/// <summary>
/// What follows when an operator acts on a message. Pure, like <see cref="Decide"/>: null when the act changes nothing, so that acting twice does
/// no harm. An attempt under way is never called back: it ends as it ends, what it delivered is delivered, and no other is begun.
/// </summary>
public static class Operate
{
    /// <summary>No recipient is tried until <see cref="Release"/>.</summary>
    public static MessageHeld? Hold(QueuedMessage message, string by, string? reason) =>
        message.IsFinished || message.Held is not null ? null : new MessageHeld(by, reason ?? "");

    public static MessageReleased? Release(QueuedMessage message, string by, string? reason) =>
        message.IsFinished || message.Held is null ? null : new MessageReleased(by, reason);

    /// <summary>Ends recipients; nobody is told.</summary>
    /// <param name="chosen">Which of those that are not settled.</param>
    public static MessageCancelled? Cancel(QueuedMessage message, Func<QueuedRecipient, bool> chosen, string by, string? reason)
    {
        var (waiting, trying) = Choose(message, recipient => recipient.Ordered is not MessageCancelled && chosen(recipient));
        return waiting.Count + trying.Count == 0 ? null : new MessageCancelled(by, Numbers(waiting), NumbersOrNull(trying), reason);
    }

    /// <summary>Ends recipients as if their time were over, held or not; the sender is told.</summary>
    /// <param name="chosen">Which of those that are not settled.</param>
    public static RecipientExpired? Expire(QueuedMessage message, Func<QueuedRecipient, bool> chosen, string by, string? reason)
    {
        var (waiting, trying) = Choose(message, recipient => recipient.Ordered is null && chosen(recipient));
        return waiting.Count + trying.Count == 0
            ? null
            : new RecipientExpired(Numbers(waiting), LastWords(waiting), by, reason, NumbersOrNull(trying));
    }

    /// <summary>Sends the message another way from its next attempt on.</summary>
    /// <param name="to">Null for the way the configuration knows.</param>
    public static MessageRerouted? Reroute(QueuedMessage message, NextHop? to, string by, string? reason) =>
        message.IsFinished || message.Rerouted?.To == to ? null : new MessageRerouted(by, to, reason);

    /// <summary>What was ordered for recipients while an attempt was under way, once that has left them waiting.</summary>
    public static IReadOnlyList<QueueEvent> Fulfil(QueuedMessage message) =>
    [
        .. message.Recipients.Values
            .Where(recipient => recipient is { State: RecipientState.Pending, Ordered: not null })
            .GroupBy(recipient => recipient.Ordered!)
            .Select<IGrouping<QueueEvent, QueuedRecipient>, QueueEvent>(group => group.Key switch
            {
                MessageCancelled cancelled => cancelled with { Recipients = Numbers(group), Trying = null },
                RecipientExpired expired => expired with { Recipients = Numbers(group), LastReason = LastWords(group), Trying = null },
                var order => throw new InvalidOperationException($"{order} orders nothing"),
            }),
    ];

    private static (List<QueuedRecipient> Waiting, List<QueuedRecipient> Trying) Choose(QueuedMessage message, Func<QueuedRecipient, bool> chosen)
    {
        var open = message.Recipients.Values.Where(recipient => !recipient.IsSettled).Where(chosen).ToLookup(recipient => recipient.State);
        return ([.. open[RecipientState.Pending]], [.. open[RecipientState.Trying]]);
    }

    private static ValueList<int> Numbers(IEnumerable<QueuedRecipient> recipients) => recipients.Select(recipient => recipient.Number).ToValueList();

    private static ValueList<int>? NumbersOrNull(List<QueuedRecipient> recipients) => recipients.Count == 0 ? null : Numbers(recipients);

    private static string? LastWords(IEnumerable<QueuedRecipient> recipients)
    {
        var last = recipients.Select(recipient => recipient.Last).LastOrDefault(outcome => outcome is not null);
        return last?.InWords();
    }
}

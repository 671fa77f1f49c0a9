using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Store.Control;

/// <summary>One of the acts, for any message: what it decides, and how that is told.</summary>
/// <param name="Word">One of the words of <see cref="ControlRequest"/>.</param>
/// <param name="By">The operator's name.</param>
/// <param name="To">To reroute: the next hop; null for the way the configuration knows.</param>
internal sealed record OperatorAct(string Word, string By, MessageOrder Order, NextHop? To)
{
    private const int Ok = 0, NoInput = 66; // sysexits.h

    /// <returns>Null when it cannot be done for any message; then <paramref name="problem"/> is a sentence.</returns>
    public static OperatorAct? From(ControlRequest request, string by, out string problem)
    {
        var order = request.Order ?? new MessageOrder([]);
        NextHop? to = null;
        problem = "";
        if (order.Ids.Count is 0 or > MessageOrder.MaxIds) problem = $"From 1 to {MessageOrder.MaxIds} queue ids are expected.";
        else if (order.Reason?.Length > MessageOrder.MaxReason) problem = $"A reason has {MessageOrder.MaxReason} characters at most.";
        else if (order.To is not null && !NextHop.TryParse(order.To, out to)) problem = $"{PrintableText.Escape(order.To, 80)} is no HOST[:PORT]; an IPv6 address stands in brackets.";
        return problem.Length > 0 ? null : new OperatorAct(request.Ask, by, order, to);
    }

    /// <summary>Whether whoever sent the message must be told.</summary>
    public bool Notifies => Word is ControlRequest.Expire;

    public QueueEvent? Decide(QueuedMessage message) => Word switch
    {
        ControlRequest.Hold => Operate.Hold(message, By, Order.Reason),
        ControlRequest.Release => Operate.Release(message, By, Order.Reason),
        ControlRequest.Cancel => Operate.Cancel(message, IsChosen, By, Order.Reason),
        ControlRequest.Expire => Operate.Expire(message, IsChosen, By, Order.Reason),
        ControlRequest.Reroute => Operate.Reroute(message, To, By, Order.Reason),
        _ => throw new InvalidOperationException($"{Word} is no act"),
    };

    /// <summary>What was done, behind the queue id.</summary>
    public static string Told(QueueEvent fact) => fact switch
    {
        MessageHeld => "held",
        MessageReleased => "released",
        MessageCancelled cancelled => Ended("cancelled", cancelled.Recipients, cancelled.Trying),
        RecipientExpired expired => Ended("expired", expired.Recipients, expired.Trying),
        MessageRerouted { To: { } hop } => $"goes to {hop} from now on",
        MessageRerouted => "goes by the configuration again",
        _ => throw new InvalidOperationException($"{fact} is no act"),
    };

    /// <summary>Why nothing was done, behind the queue id; an exit code that is not 0 when that is not what was wished for.</summary>
    public (string Words, int ExitCode) Untold(QueuedMessage message) => Word switch
    {
        _ when message.IsFinished => ("is no longer in the queue", NoInput),
        ControlRequest.Hold => ($"is held already by {message.Held}", Ok),
        ControlRequest.Release => ("is not held", Ok),
        ControlRequest.Reroute => (To is null ? "goes by the configuration already" : $"goes to {To} already", Ok),
        _ when message.Recipients.Values.Any(recipient => IsChosen(recipient) && recipient.Ordered is not null) =>
            ("ends with the attempt under way, as ordered before", Ok),
        _ => ($"has no recipient {PrintableText.Escape(Order.Recipient, 80)} that waits", NoInput),
    };

    private bool IsChosen(QueuedRecipient recipient) =>
        Order.Recipient is not { } chosen
        || chosen == $"{recipient.Number}"
        || string.Equals(chosen, $"{recipient.Accepted.To}", StringComparison.OrdinalIgnoreCase);

    private static string Ended(string done, ValueList<int> recipients, ValueList<int>? trying)
    {
        var now = recipients.Count == 0 ? null : $"{done}: {Counted(recipients.Count)}";
        var later = trying is null ? null : $"{Counted(trying.Count)} being tried now {(trying.Count == 1 ? "ends" : "end")} with that attempt";
        return string.Join("; ", new[] { now, later }.OfType<string>());
    }

    private static string Counted(int recipients) => recipients == 1 ? "1 recipient" : $"{recipients} recipients";
}

using Postoffice.Store.Events;
using Postoffice.Store.Mail;

namespace Postoffice.Store.Queue;

/// <summary>What the sender of a message is to be told of its recipients, by NOTIFY (RFC 3461 §4.1, §5.2). Pure, as <see cref="Decide"/> is.</summary>
public static class DecideReport
{
    /// <summary>Notifications about one message that go out as soon as there is something to tell.</summary>
    /// <remarks>A message for a thousand recipients must not become a thousand notifications to a sender who may be forged.</remarks>
    public const int AtOnce = 10;

    /// <summary>Later ones tell what has gathered, at most this often, and at the latest when nothing of the message is open any more.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    /// <summary>What there is to tell now; null for nothing.</summary>
    /// <param name="delayWarning"><c>delay-warning=</c>; zero for no warnings.</param>
    /// <param name="lifetime"><c>qreturn=</c>: whoever is about to expire is not warned of a delay any more.</param>
    public static SenderReport? Of(QueuedMessage message, TimeSpan delayWarning, TimeSpan lifetime, DateTimeOffset now)
    {
        if (Waits(message, now)) return null;
        var failed = message.Recipients.Values.Where(IsUnreportedFailure).ToLookup(recipient => Wants(recipient, Notify.Failure, unspecified: true));
        var told = failed[true].Select(recipient => new ReportedRecipient(recipient, DsnAction.Failed)).ToList();
        if (!message.Accepted.From.IsNull) // nobody asked for more (RFC 3461 §6.1)
        {
            told.AddRange(message.Recipients.Values
                .Where(recipient => recipient is { State: RecipientState.Delivered, Reported: false, Last.DsnPassedOn: false })
                .Where(recipient => Wants(recipient, Notify.Success, unspecified: false))
                .Select(recipient => new ReportedRecipient(recipient, recipient.Relayed ? DsnAction.Relayed : DsnAction.Delivered)));
            told.AddRange(Late(message, delayWarning, lifetime, now).Select(recipient => new ReportedRecipient(recipient, DsnAction.Delayed)));
        }
        var untold = failed[false].Select(recipient => recipient.Number).ToValueList();
        return told.Count + untold.Count == 0 ? null : new SenderReport(told, untold);
    }

    /// <summary>Whether a failure has not been reported yet, so that the message is still needed.</summary>
    public static bool IsOwed(QueuedMessage message) => message.Recipients.Values.Any(IsUnreportedFailure);

    private static bool Waits(QueuedMessage message, DateTimeOffset now) =>
        message.Notifications >= AtOnce && now < message.LastNotifiedAt + Pause && message is { IsFinished: false, Held: null };

    private static IEnumerable<QueuedRecipient> Late(QueuedMessage message, TimeSpan delayWarning, TimeSpan lifetime, DateTimeOffset now)
    {
        if (delayWarning <= TimeSpan.Zero || message.Held is not null || now < message.AcceptedAt + delayWarning || Decide.IsTooOld(message, lifetime, now)) return [];
        return message.Recipients.Values.Where(recipient =>
            recipient is { State: RecipientState.Pending, Warned: false } && Wants(recipient, Notify.Delay, unspecified: true));
    }

    private static bool IsUnreportedFailure(QueuedRecipient recipient) => recipient is { HasFailed: true, Reported: false };

    private static bool Wants(QueuedRecipient recipient, Notify condition, bool unspecified) =>
        recipient.Accepted.Notify is { } notify and not Notify.Unspecified ? notify.HasFlag(condition) : unspecified;
}

/// <param name="Told">Of whom to tell what; may be empty.</param>
/// <param name="Untold">Numbers of recipients that failed and whose NOTIFY asks for silence.</param>
public sealed record SenderReport(IReadOnlyList<ReportedRecipient> Told, ValueList<int> Untold);

/// <summary>A recipient and what to tell of it.</summary>
public sealed record ReportedRecipient(QueuedRecipient Recipient, DsnAction Action);

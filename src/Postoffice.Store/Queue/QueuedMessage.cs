using System.Collections.Immutable;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;

namespace Postoffice.Store.Queue;

/// <summary>A message as its facts tell it; the same facts always give the same message.</summary>
public sealed record QueuedMessage
{
    private static readonly TimeSpan Instant = TimeSpan.FromSeconds(1); // as exactly as clocks are compared: facts are stamped in milliseconds

    public required QueueId Id { get; init; }
    public required MessageAccepted Accepted { get; init; }

    /// <summary>When we took it, UTC.</summary>
    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>Position of its acceptance.</summary>
    public required long AcceptedBy { get; init; }

    /// <summary>Version of the last fact folded.</summary>
    public required int Version { get; init; }

    /// <summary>By recipient number.</summary>
    public required ImmutableSortedDictionary<int, QueuedRecipient> Recipients { get; init; }

    /// <summary>Header fields that go in front of the content; null when none were decided.</summary>
    public HeadersAdded? Headers { get; init; }

    /// <summary>Attempts begun so far; the next one gets the next number.</summary>
    public int Attempts { get; init; }

    /// <summary>Attempts without an outcome, by number.</summary>
    public ImmutableSortedDictionary<int, AttemptStarted> OpenAttempts { get; init; } = ImmutableSortedDictionary<int, AttemptStarted>.Empty;

    /// <summary>Who holds it and why; null when nobody does.</summary>
    public string? Held { get; init; }

    /// <summary>Where an operator sent it, instead of the way the configuration knows; null when none did.</summary>
    public MessageRerouted? Rerouted { get; init; }

    /// <summary>It goes another way, or did: it does not wait with its domain's mail any more.</summary>
    public bool LeftItsDomain { get; init; }

    public bool ContentPurged { get; init; }

    /// <summary>Notifications sent about it.</summary>
    public int Notifications { get; init; }

    /// <summary>The last of them; null before the first.</summary>
    public QueueId? LastNotification { get; init; }

    /// <summary>When that was, UTC.</summary>
    public DateTimeOffset LastNotifiedAt { get; init; }

    public bool IsFinished => Recipients.Values.All(recipient => recipient.IsSettled);

    /// <summary>Folds a message's facts, from the first on; null when there are none.</summary>
    /// <exception cref="InvalidOperationException">The stream does not begin with an acceptance.</exception>
    public static QueuedMessage? Fold(QueueId id, IEnumerable<RecordedEvent> facts)
    {
        QueuedMessage? message = null;
        foreach (var recorded in facts)
        {
            message = message is null
                ? Begin(id, recorded)
                : message.Evolve(recorded);
        }
        return message;
    }

    /// <summary>The message after one more fact.</summary>
    public QueuedMessage Evolve(RecordedEvent recorded) => (recorded.Fact switch
    {
        HeadersAdded headers => this with { Headers = headers },
        AttemptStarted started => Started(started, recorded.RecordedAt),
        AttemptEnded ended => Ended(ended, recorded),
        RecipientExpired expired => Order(expired.Trying, expired)
            .Settle(expired.Recipients, RecipientState.Expired, recorded.Position, expired.By is null ? null : expired.Words()),
        MessageCancelled cancelled => Order(cancelled.Trying, cancelled)
            .Settle(cancelled.Recipients, RecipientState.Cancelled, recorded.Position, cancelled.Words()),
        MessageRerouted rerouted => this with { Rerouted = rerouted.To is null ? null : rerouted, LeftItsDomain = true },
        WaitShortened shortened => this with
        {
            Recipients = Change(shortened.Recipients, recipient => recipient with { DueAt = shortened.NextAttemptAt }),
        },
        DsnQueued queued => Told(queued, recorded.RecordedAt),
        MessageHeld held => this with { Held = held.Words() },
        MessageReleased => this with { Held = null },
        Events.ContentPurged => this with { ContentPurged = true },
        _ => this,
    }) with
    { Version = recorded.Version };

    private static QueuedMessage Begin(QueueId id, RecordedEvent first)
    {
        if (first.Fact is not MessageAccepted accepted)
        {
            throw new InvalidOperationException($"{id}: the first fact is {first.Name}, not an acceptance");
        }
        return new QueuedMessage
        {
            Id = id,
            Accepted = accepted,
            AcceptedAt = first.RecordedAt,
            AcceptedBy = first.Position,
            Version = first.Version,
            Recipients = accepted.Recipients.ToImmutableSortedDictionary(
                recipient => recipient.Number,
                recipient => new QueuedRecipient(recipient, RecipientState.Pending, Attempts: 0, first.RecordedAt)),
        };
    }

    private QueuedMessage Started(AttemptStarted started, DateTimeOffset at) => this with
    {
        Attempts = Math.Max(Attempts, started.Attempt),
        OpenAttempts = OpenAttempts.SetItem(started.Attempt, started),
        Recipients = Change(started.Recipients, recipient => recipient with
        {
            State = RecipientState.Trying,
            Attempts = recipient.Attempts + 1,
            Steps = recipient.Steps + (at + Instant >= recipient.DueAt ? 1 : 0),
        }),
    };

    private QueuedMessage Ended(AttemptEnded ended, RecordedEvent recorded)
    {
        var recipients = Recipients;
        var relayed = OpenAttempts.GetValueOrDefault(ended.Attempt)?.Route.Transport is Transport.Smtp;
        foreach (var outcome in ended.Outcomes)
        {
            if (!recipients.TryGetValue(outcome.Recipient, out var recipient) || recipient.IsSettled) continue;
            recipient = recipient with
            {
                Last = outcome,
                LastHost = ended.Host,
                LastEndedAt = recorded.RecordedAt,
                LastBy = recorded.Position,
                MayHaveIt = recipient.MayHaveIt || outcome.Result is OutcomeKind.InDoubt,
            };
            recipients = recipients.SetItem(outcome.Recipient, outcome.Result switch
            {
                OutcomeKind.Delivered => recipient with { State = RecipientState.Delivered, SettledBy = recorded.Position, Relayed = relayed },
                OutcomeKind.Refused => recipient with { State = RecipientState.Failed, SettledBy = recorded.Position },
                _ => recipient with { State = RecipientState.Pending, DueAt = outcome.NextAttemptAt ?? recorded.RecordedAt },
            });
        }
        return this with { Recipients = recipients, OpenAttempts = OpenAttempts.Remove(ended.Attempt) };
    }

    private QueuedMessage Settle(ValueList<int> numbers, RecipientState state, long position, string? ending) => this with
    {
        Recipients = Change(numbers, recipient => recipient.IsSettled
            ? recipient
            : recipient with { State = state, SettledBy = position, Ending = ending, Ordered = null }),
    };

    private QueuedMessage Order(ValueList<int>? numbers, QueueEvent order) => numbers is null ? this : this with
    {
        Recipients = Change(numbers, recipient => recipient.IsSettled ? recipient : recipient with { Ordered = order }),
    };

    private QueuedMessage Told(DsnQueued told, DateTimeOffset at)
    {
        var message = this with
        {
            Recipients = Change(told.Recipients, recipient => told.Action is DsnAction.Delayed
                ? recipient with { Warned = true }
                : recipient with { Reported = true }),
        };
        if (told.Dsn is not { } dsn || dsn == LastNotification) return message;
        return message with { Notifications = Notifications + 1, LastNotification = dsn, LastNotifiedAt = at };
    }

    private ImmutableSortedDictionary<int, QueuedRecipient> Change(ValueList<int> numbers, Func<QueuedRecipient, QueuedRecipient> change)
    {
        var recipients = Recipients;
        foreach (var number in numbers)
        {
            if (recipients.TryGetValue(number, out var recipient)) recipients = recipients.SetItem(number, change(recipient));
        }
        return recipients;
    }
}

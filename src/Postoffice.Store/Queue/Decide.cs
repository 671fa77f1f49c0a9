using Postoffice.Store.Events;
using Postoffice.Store.Mail;

namespace Postoffice.Store.Queue;

/// <summary>
/// What follows from a message as it stands. Pure: no clock, no dice, no I/O; the caller passes them. What is settled stays settled:
/// asking again answers null, so recording twice does no harm.
/// </summary>
public static class Decide
{
    /// <summary>Begins an attempt; null when none of the recipients waits (settled, under way or held).</summary>
    /// <param name="attempt">A number above every earlier one of the message; several attempts of one message may be prepared together.</param>
    public static AttemptStarted? Start(QueuedMessage message, int attempt, IEnumerable<int> recipients, AttemptRoute route)
    {
        if (attempt <= 0 || message.OpenAttempts.ContainsKey(attempt)) throw new ArgumentOutOfRangeException(nameof(attempt), attempt, "taken");
        if (message.Held is not null) return null;
        var waiting = recipients
            .Where(number => message.Recipients.TryGetValue(number, out var recipient) && recipient.State is RecipientState.Pending)
            .ToValueList();
        return waiting.Count == 0 ? null : new AttemptStarted(attempt, waiting, route);
    }

    /// <summary>Ends an attempt; null when it has ended already.</summary>
    /// <param name="lifetime"><c>qreturn=</c>: the last attempt is made when it has run out, not hours later.</param>
    /// <param name="schedule">By which a recipient waits after this result; the result is null where the attempt says none.</param>
    /// <param name="spread">0 to 1: the dice for the schedule's jitter.</param>
    public static AttemptEnded? End(
        QueuedMessage message,
        int attempt,
        AttemptReport report,
        Func<QueuedRecipient, RecipientResult?, RetrySchedule> schedule,
        TimeSpan lifetime,
        DateTimeOffset now,
        double spread)
    {
        if (!message.OpenAttempts.TryGetValue(attempt, out var started)) return null;
        var results = report.Results.ToDictionary(result => result.Recipient);
        var outcomes = started.Recipients.Select(number =>
        {
            var recipient = message.Recipients[number];
            var result = results.GetValueOrDefault(number);
            var next = schedule(recipient, result).NextAttempt(recipient.Steps, now, spread);
            var end = message.AcceptedAt + lifetime;
            if (now < end && end < next) next = end;
            return result is not null
                ? Outcome(result, now, next)
                : new RecipientOutcome(number, OutcomeKind.Deferred, Reason: "the attempt ended without a word on this recipient", NextAttemptAt: next);
        });
        return new AttemptEnded(
            attempt, outcomes.ToValueList(), report.Host, report.Address, report.Tls, report.Phase,
            (long?)report.Took?.TotalMilliseconds, report.Recovered, report.Tried, report.TlsTrouble, report.Resolved);
    }

    /// <summary>Ends every waiting recipient whose queue lifetime ran out; null when there is none.</summary>
    /// <param name="lifetime"><c>qreturn=</c>.</param>
    /// <param name="missedBy">
    /// Only those that should have been tried before this instant, or would be when the lifetime is over, which was longer once; null for all.
    /// </param>
    public static RecipientExpired? Expire(QueuedMessage message, TimeSpan lifetime, DateTimeOffset now, DateTimeOffset? missedBy = null)
    {
        if (message.Held is not null || !IsTooOld(message, lifetime, now)) return null;
        var waiting = message.Recipients.Values
            .Where(recipient => recipient.State is RecipientState.Pending && (missedBy is null || recipient.DueAt <= missedBy || recipient.DueAt > message.AcceptedAt + lifetime))
            .ToList();
        if (waiting.Count == 0) return null;
        var last = waiting.Select(recipient => recipient.Last).LastOrDefault(outcome => outcome is not null);
        return new RecipientExpired(waiting.Select(recipient => recipient.Number).ToValueList(), last?.InWords());
    }

    /// <summary>Makes those due who would wait beyond every schedule; null when there is none.</summary>
    /// <param name="latest">No schedule names a later instant.</param>
    public static WaitShortened? Shorten(QueuedMessage message, DateTimeOffset latest, DateTimeOffset now)
    {
        if (message.Held is not null) return null;
        var waiting = message.Recipients.Values
            .Where(recipient => recipient.State is RecipientState.Pending && recipient.DueAt > latest)
            .Select(recipient => recipient.Number)
            .ToValueList();
        return waiting.Count == 0 ? null : new WaitShortened(waiting, now);
    }

    /// <summary>Whether its queue lifetime ran out.</summary>
    /// <param name="lifetime"><c>qreturn=</c>.</param>
    public static bool IsTooOld(QueuedMessage message, TimeSpan lifetime, DateTimeOffset now) => now >= message.AcceptedAt + lifetime;

    private static RecipientOutcome Outcome(RecipientResult result, DateTimeOffset now, DateTimeOffset next) => result switch
    {
        RecipientResult.Delivered(var number, var reply, var passedOn) => new(number, OutcomeKind.Delivered, reply, DsnPassedOn: passedOn),
        RecipientResult.Refused(var number, { IsPermanent: true } reply) => new(number, OutcomeKind.Refused, reply),
        RecipientResult.Refused(var number, var reply) => new(number, OutcomeKind.Deferred, reply, NextAttemptAt: next),
        RecipientResult.PutOff(var number, var reason, var status, var reply) => new(number, OutcomeKind.Deferred, reply, reason, next, Status: status),
        RecipientResult.Failed(var number, var status, var reason) => new(number, OutcomeKind.Refused, Reason: reason, Status: status),
        RecipientResult.Unreached(var number, var reason) => new(number, OutcomeKind.Deferred, Reason: reason, NextAttemptAt: next),
        RecipientResult.Interrupted(var number, var reason) => new(number, OutcomeKind.Deferred, Reason: reason, NextAttemptAt: now),
        RecipientResult.InDoubt(var number, var reason) => new(number, OutcomeKind.InDoubt, Reason: reason, NextAttemptAt: next),
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, "not a result"),
    };
}

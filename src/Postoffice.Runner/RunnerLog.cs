using Microsoft.Extensions.Logging;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;

namespace Postoffice.Runner;

/// <summary>Every log line of the runner. 3000 to 3999.</summary>
internal static partial class RunnerLog
{
    [LoggerMessage(3001, LogLevel.Information, "ready: {Store} is ours (token {Token})")]
    public static partial void Holding(ILogger log, string store, long token);

    [LoggerMessage(3002, LogLevel.Information, "waiting: {Owner} delivers from {Store}; taking over when it ends")]
    public static partial void Waiting(ILogger log, string owner, string store);

    [LoggerMessage(3003, LogLevel.Warning, "another runner took {Store} over; what was under way here is its business now")]
    public static partial void LeaseLost(ILogger log, string store);

    [LoggerMessage(3004, LogLevel.Warning, "the lease could not be renewed, trying again: {Reason}")]
    public static partial void LeaseWaits(ILogger log, string reason);

    [LoggerMessage(3005, LogLevel.Information, "settings reloaded")]
    public static partial void Reloaded(ILogger log);

    [LoggerMessage(3006, LogLevel.Error, "settings not reloaded, the old ones stay in force: {Reason}")]
    public static partial void ReloadRefused(ILogger log, string reason);

    [LoggerMessage(3007, LogLevel.Warning, "{Problem}")]
    public static partial void SettingProblem(ILogger log, string problem);

    [LoggerMessage(3008, LogLevel.Information, "stopping; {Count} messages are under way")]
    public static partial void Stopping(ILogger log, int count);

    [LoggerMessage(3009, LogLevel.Critical, "the deliverer ended with exit code {Code}; without it no mailbox can be written")]
    public static partial void DelivererEnded(ILogger log, int code);

    [LoggerMessage(3010, LogLevel.Critical, "{Part} met a surprise")]
    public static partial void PartFaulted(ILogger log, string part, Exception fault);

    [LoggerMessage(3011, LogLevel.Error, "something hangs: {Count} messages are still under way and are left to the next start, which finds out what became of them")]
    public static partial void LeftBehind(ILogger log, int count);

    [LoggerMessage(3101, LogLevel.Error, "{QueueId} cannot be processed and is held: {Reason}")]
    public static partial void Held(ILogger log, QueueId queueId, string reason, Exception fault);

    [LoggerMessage(3102, LogLevel.Error, "{QueueId} cannot be processed and could not even be held; it is left alone until the next start: {Reason}")]
    public static partial void KeptOut(ILogger log, QueueId queueId, string reason, Exception fault);

    [LoggerMessage(3103, LogLevel.Error, "{QueueId} an outcome waits for the store: {Reason}")]
    public static partial void OutcomeWaits(ILogger log, QueueId queueId, string reason);

    [LoggerMessage(3104, LogLevel.Error, "the store cannot be used, deliveries wait: {Reason}")]
    public static partial void StoreWaits(ILogger log, string reason);

    [LoggerMessage(3105, LogLevel.Error, "the schedule met a surprise and goes on")]
    public static partial void ScheduleSurprised(ILogger log, Exception fault);

    [LoggerMessage(3106, LogLevel.Warning, "{QueueId} attempt {Attempt} has no outcome and cannot be looked at yet; asking again later")]
    public static partial void RecoveryWaits(ILogger log, QueueId queueId, int attempt);

    [LoggerMessage(3107, LogLevel.Warning, "projections and retention wait for the store: {Reason}")]
    public static partial void HousekeepingWaits(ILogger log, string reason);

    [LoggerMessage(3109, LogLevel.Warning, "{Destination} is in trouble and gets no mail until {Until:HH:mm:ss}: {Reason}")]
    public static partial void CircuitOpened(ILogger log, string destination, DateTimeOffset until, string reason);

    [LoggerMessage(3110, LogLevel.Information, "{Destination} gets its mail again")]
    public static partial void CircuitClosed(ILogger log, string destination);

    [LoggerMessage(3108, LogLevel.Information, "removed {Count} files from the Maildir of {User} that deliveries cut off before their intent had left in tmp")]
    public static partial void Swept(ILogger log, string user, int count);

    [LoggerMessage(3201, LogLevel.Information, "{QueueId} {Recipient} expired")]
    public static partial void Expired(ILogger log, QueueId queueId, string recipient);

    public static void Outcome(ILogger log, QueueId queueId, string recipient, AttemptEnded attempt, RecipientOutcome outcome)
    {
        var by = (attempt.Host, attempt.Address) switch
        {
            (null, _) => "here",
            (var host, var address) when address is null || address == host => host,
            var (host, address) => $"{host} ({address})",
        };
        var words = outcome.InWords() ?? "";
        switch (outcome.Result)
        {
            case OutcomeKind.Delivered:
                Delivered(log, queueId, recipient, by, words);
                break;
            case OutcomeKind.Refused:
                Refused(log, queueId, recipient, by, words);
                break;
            case OutcomeKind.InDoubt:
                InDoubt(log, queueId, recipient, by, words, outcome.NextAttemptAt);
                break;
            default:
                Deferred(log, queueId, recipient, by, words, outcome.NextAttemptAt);
                break;
        }
    }

    [LoggerMessage(3202, LogLevel.Information, "{QueueId} {Recipient} delivered, {By}: {Reply}")]
    private static partial void Delivered(ILogger log, QueueId queueId, string recipient, string by, string reply);

    [LoggerMessage(3203, LogLevel.Information, "{QueueId} {Recipient} failed, {By}: {Reply}")]
    private static partial void Refused(ILogger log, QueueId queueId, string recipient, string by, string reply);

    [LoggerMessage(3205, LogLevel.Warning, "{QueueId} {Recipient} is in doubt, {By}: {Reply}; next attempt {NextAttemptAt:u}")]
    private static partial void InDoubt(ILogger log, QueueId queueId, string recipient, string by, string reply, DateTimeOffset? nextAttemptAt);

    [LoggerMessage(3206, LogLevel.Warning, "{QueueId} failed, and so did telling anybody: postmaster's mail cannot be delivered. See postoffice trace {QueueId}")]
    public static partial void NobodyTold(ILogger log, QueueId queueId);

    [LoggerMessage(3207, LogLevel.Error, "{QueueId}: the notification to its sender could not be made, and he is not told. See postoffice trace {QueueId}")]
    public static partial void NotToldOf(ILogger log, QueueId queueId, Exception surprise);

    [LoggerMessage(3204, LogLevel.Information, "{QueueId} {Recipient} deferred, {By}: {Reply}; next attempt {NextAttemptAt:u}")]
    private static partial void Deferred(ILogger log, QueueId queueId, string recipient, string by, string reply, DateTimeOffset? nextAttemptAt);
}

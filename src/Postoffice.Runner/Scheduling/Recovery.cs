using Microsoft.Extensions.Logging;
using Postoffice.Runner.Transports;
using Postoffice.Store.Events;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Scheduling;

/// <summary>Settles attempts that the end of an earlier runner left without an outcome: a mailbox is asked, a next hop leaves us in doubt,
/// and so does a mailbox that cannot say (its file system is away) until the message is too old.</summary>
internal sealed class Recovery(OutcomeRecorder recorder, IMailboxMemory mailboxes, ILogger log)
{
    public async Task RecoverAsync(MessageInFlight flight, CancellationToken ct)
    {
        if (await recorder.LoadAsync(flight, ct) is not { } message) return;
        foreach (var (number, attempt) in message.OpenAttempts)
        {
            var results = await ResultsAsync(message, attempt, ct);
            if (results is null && recorder.IsTooOld(message)) results = InDoubt(attempt, "nobody could be asked for so long whether the mailbox has it");
            if (results is null) RunnerLog.RecoveryWaits(log, message.Id, number);
            else await recorder.EndAsync(flight, number, new AttemptReport(results, Recovered: true), ct);
        }
    }

    /// <returns>Null when it cannot be known yet.</returns>
    private async Task<IReadOnlyList<RecipientResult>?> ResultsAsync(QueuedMessage message, AttemptStarted attempt, CancellationToken ct)
    {
        if (attempt.Route.Transport is Transport.Smtp) return InDoubt(attempt, "cut off; the next hop may have taken it");
        var results = new List<RecipientResult>();
        foreach (var number in attempt.Recipients)
        {
            if (await mailboxes.RecallAsync(message.Id, number, attempt.Route, ct) is not { } result) return null;
            results.Add(result);
        }
        return results;
    }

    private static IReadOnlyList<RecipientResult> InDoubt(AttemptStarted attempt, string reason) =>
        [.. attempt.Recipients.Select(number => new RecipientResult.InDoubt(number, reason))];
}

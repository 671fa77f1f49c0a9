using Microsoft.Extensions.Logging;
using Postoffice.Runner.Transports;
using Postoffice.Store.Events;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Scheduling;

/// <summary>Settles attempts that the end of an earlier runner left without an outcome: a mailbox is asked, a next hop leaves us in doubt.</summary>
internal sealed class Recovery(OutcomeRecorder recorder, IMailboxMemory mailboxes, ILogger log)
{
    public async Task RecoverAsync(MessageInFlight flight, CancellationToken ct)
    {
        if (await recorder.LoadAsync(flight, ct) is not { } message) return;
        foreach (var (number, attempt) in message.OpenAttempts)
        {
            if (await ResultsAsync(message, attempt, ct) is { } results)
            {
                await recorder.EndAsync(flight, number, new AttemptReport(results, Recovered: true), ct);
            }
            else
            {
                RunnerLog.RecoveryWaits(log, message.Id, number);
            }
        }
    }

    /// <returns>Null when it cannot be known yet.</returns>
    private async Task<IReadOnlyList<RecipientResult>?> ResultsAsync(QueuedMessage message, AttemptStarted attempt, CancellationToken ct)
    {
        if (attempt.Route.Transport is Transport.Smtp)
        {
            return [.. attempt.Recipients.Select(number => new RecipientResult.InDoubt(number, "cut off; the next hop may have taken it"))];
        }
        var results = new List<RecipientResult>();
        foreach (var number in attempt.Recipients)
        {
            if (await mailboxes.RecallAsync(message.Id, number, attempt.Route, ct) is not { } result) return null;
            results.Add(result);
        }
        return results;
    }
}

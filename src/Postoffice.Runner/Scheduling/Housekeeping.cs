using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Postoffice.Store;
using Postoffice.Store.Leases;
using Postoffice.Store.Log;
using Postoffice.Store.Retention;

namespace Postoffice.Runner.Scheduling;

/// <summary>
/// What has time until deliveries have had theirs: mail that is late, rows that people look at, and the removal of what is kept no longer.
/// Deliveries under way slow it down to a step now and then, so that neither waits for ever. While there is something to remove it gets up to a
/// fifth of the time all the same: a server that always has something to deliver must get rid of mail as fast as it comes.
/// </summary>
/// <param name="late">Sees to what age asks for and answers whether there is more, see <see cref="LateMail.StepAsync"/>.</param>
/// <param name="sweeps">Tidies mailboxes, one a round.</param>
/// <param name="isBusy">Whether messages are in flight.</param>
internal sealed class Housekeeping(
    MailStore store, Lease lease, Func<RetentionSettings> retention, Func<CancellationToken, Task<bool>> late, SweepRounds sweeps, Func<bool> isBusy, TimeProvider clock,
    SteadyClock age, ILogger log)
{
    private const int FactsAtOnce = 500;
    private const int RestsForWork = 4; // as long, while deliveries are under way
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250), LeastPause = TimeSpan.FromMilliseconds(5);

    /// <summary>Runs until <paramref name="ct"/>, or until the lease turns out to be lost.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var retentionRest = new Rest(clock, TimeSpan.Zero);
        try
        {
            while (true)
            {
                var began = clock.GetTimestamp();
                var pause = Pause;
                var more = await CatchUpAsync(ct) | await AgeAsync(ct);
                if (retentionRest.IsOver)
                {
                    switch (await RetainAsync(ct))
                    {
                        case RetentionStep.LeaseLost:
                            return;
                        case RetentionStep.More:
                            more = true;
                            pause = PauseAfter(clock.GetElapsedTime(began));
                            break;
                        default:
                            retentionRest = new Rest(clock, retention().Rest);
                            retentionRest.Begin();
                            break;
                    }
                }
                await SweepAsync(ct);
                if (!more || isBusy()) await Task.Delay(pause, clock, ct);
            }
        }
        catch (LeaseLostException)
        {
            // Nothing of the store is ours to keep any more.
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Every step was whole, so any of them may be the last.
        }
    }

    private static TimeSpan PauseAfter(TimeSpan work) => TimeSpan.FromTicks(Math.Clamp(RestsForWork * work.Ticks, LeastPause.Ticks, Pause.Ticks));

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Housekeeping never stops deliveries.")]
    private async Task<bool> CatchUpAsync(CancellationToken ct)
    {
        try
        {
            return await store.Projections.CatchUpAsync(FactsAtOnce, ct);
        }
        catch (StoreUnavailableException trouble)
        {
            RunnerLog.HousekeepingWaits(log, trouble.Message);
            return false;
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or OutOfMemoryException))
        {
            RunnerLog.ScheduleSurprised(log, fault); // rows for people may lag; mail does not wait for them
            return false;
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Housekeeping outlives any surprise; each is logged.")]
    private async Task<bool> AgeAsync(CancellationToken ct)
    {
        try
        {
            return await late(ct);
        }
        catch (StoreUnavailableException trouble)
        {
            RunnerLog.HousekeepingWaits(log, trouble.Message);
            return false;
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or LeaseLostException or OutOfMemoryException))
        {
            RunnerLog.ScheduleSurprised(log, fault); // attempts see to it as well, when they end
            return false;
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Housekeeping never stops deliveries.")]
    private async Task SweepAsync(CancellationToken ct)
    {
        try
        {
            await sweeps.StepAsync(ct);
        }
        catch (StoreUnavailableException trouble)
        {
            RunnerLog.HousekeepingWaits(log, trouble.Message);
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or OutOfMemoryException))
        {
            RunnerLog.ScheduleSurprised(log, fault); // an intent that cannot be read may be any file's: nothing is swept
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Housekeeping outlives any surprise; each is logged.")]
    private async Task<RetentionStep> RetainAsync(CancellationToken ct)
    {
        try
        {
            return await store.Retention.StepAsync(lease, retention(), age.GetUtcNow(), ct);
        }
        catch (StoreUnavailableException trouble)
        {
            RunnerLog.HousekeepingWaits(log, trouble.Message);
            return RetentionStep.Done;
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or OutOfMemoryException))
        {
            RunnerLog.ScheduleSurprised(log, fault); // the rows for people go on; the next round of removals may fare better
            return RetentionStep.Done;
        }
    }
}

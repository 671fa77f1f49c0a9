using Microsoft.Extensions.Logging;
using Postoffice.Runner.Deliverer;
using Postoffice.Runner.Scheduling;
using Postoffice.Store;
using Postoffice.Store.Configuration;
using Postoffice.Store.Events;
using Postoffice.Store.Leases;
using Postoffice.Store.Log;

namespace Postoffice.Runner;

/// <summary>The life of the service: wait for the lease, hold it and deliver, lose it or be told to stop.</summary>
internal sealed class RunnerService(
    MailStore store, string storePath, Settings settings, Workings first, WorkingsFactory factory, DelivererClient deliverer, TimeProvider clock, ServiceLog log)
{
    private static readonly TimeSpan LastWrites = TimeSpan.FromSeconds(5);

    private readonly InForce<Workings> workings = new(first);
    private readonly SteadyClock age = new(clock);
    private readonly LeaseKeeper keeper = new(store.Leases, $"postoffice-runner {Environment.ProcessId} on {Environment.MachineName}", clock, log);
    private Settings current = settings;

    /// <summary>The one at work; null while another runner holds the lease.</summary>
    public Dispatcher? Dispatcher { get; private set; }

    /// <summary>Takes other settings, all of them or none; those of the store, of <c>user=</c> and of the deliverer need a new start.</summary>
    public async Task ReloadAsync(Func<Settings> load, CancellationToken ct)
    {
        try
        {
            var fresh = load();
            workings.Current = await factory.MakeAsync(fresh, ct);
            current = fresh;
        }
        catch (Exception refused) when (refused is SettingException or IOException)
        {
            RunnerLog.ReloadRefused(log, refused.Message);
            return;
        }
        RunnerLog.Reloaded(log);
        await RecordConfigurationAsync(ct);
        Dispatcher?.Ring();
    }

    /// <summary>Runs until <paramref name="stop"/>.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        await RecordConfigurationAsync(stop);
        while (!stop.IsCancellationRequested)
        {
            var lease = await ClaimAsync(stop);
            if (lease is null) break;
            using var term = new HoldingTerm();
            if (await HoldAsync(lease, term, stop) is { } exitCode) return exitCode;
        }
        return 0;
    }

    private async Task<Lease?> ClaimAsync(CancellationToken stop)
    {
        try
        {
            return await keeper.ClaimAsync(
                owner =>
                {
                    RunnerLog.Waiting(log, owner, storePath);
                    log.Say($"ready, waiting: {owner} delivers from {storePath}");
                    ServiceNotice.Send(ServiceNotice.Ready);
                },
                stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <returns>An exit code when the service ends, null to wait for the lease again.</returns>
    private async Task<int?> HoldAsync(Lease lease, HoldingTerm term, CancellationToken stop)
    {
        var recorder = new OutcomeRecorder(store.Events, lease, workings, clock, age, log);
        var work = new MessageWork(recorder, new Recovery(recorder, factory.Mailboxes, log), workings, factory.Board, term, clock, log);
        var dispatcher = new Dispatcher(store.Due, work, workings, clock, log);
        var sweeps = new SweepRounds(store, deliverer.SweepAsync, () => dispatcher.HasRecovered, clock, log);
        work.DeliversTo = sweeps.Remember;
        using var bell = new DoorbellListener(storePath);
        RunnerLog.Holding(log, storePath, lease.Token);
        log.Say($"ready, delivering from {storePath}");
        ServiceNotice.Send(ServiceNotice.Ready);

        Dispatcher = dispatcher;
        var kept = KeepAsync(lease, term);
        var listening = ListenAsync(bell, dispatcher, term.Stopping);
        var dispatching = dispatcher.RunAsync(term.Stopping);
        var housekeeping = new Housekeeping(
            store, lease, () => workings.Current.Options.Retention, sweeps, () => dispatcher.InFlight > 0, clock, log).RunAsync(term.Stopping);
        await Task.WhenAny(term.Lost, deliverer.Ended, Stopped(stop, out var registration), dispatching);
        await registration.DisposeAsync();
        Dispatcher = null;

        if (stop.IsCancellationRequested && !term.Lost.IsCompleted && !deliverer.Ended.IsCompleted) await StopAsync(dispatcher, term);
        term.Abandon();
        await dispatcher.DrainAsync(CancellationToken.None);
        await Task.WhenAll(kept, listening, dispatching, housekeeping);
        if (term.Lost.IsCompleted)
        {
            RunnerLog.LeaseLost(log, storePath);
            return null;
        }
        await keeper.ReleaseAsync(lease, CancellationToken.None);
        if (!deliverer.Ended.IsCompleted) return 0;
        RunnerLog.DelivererEnded(log, await deliverer.Ended);
        return ExitCode.TempFail;
    }

    /// <summary>Lets what is under way end, then makes it end; outcomes get the time to be written.</summary>
    private async Task StopAsync(Dispatcher dispatcher, HoldingTerm term)
    {
        ServiceNotice.Send(ServiceNotice.Stopping);
        RunnerLog.Stopping(log, dispatcher.InFlight);
        term.Stop();
        if (await DrainsWithinAsync(dispatcher, workings.Current.Options.StopWait)) return;
        term.Abort();
        await DrainsWithinAsync(dispatcher, LastWrites);
    }

    private async Task<bool> DrainsWithinAsync(Dispatcher dispatcher, TimeSpan limit)
    {
        using var over = new CancellationTokenSource(limit, clock);
        try
        {
            await dispatcher.DrainAsync(over.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task KeepAsync(Lease lease, HoldingTerm term)
    {
        try
        {
            await keeper.KeepAsync(lease, term.Abandoned);
            term.Lose();
        }
        catch (OperationCanceledException) when (term.Abandoned.IsCancellationRequested)
        {
            // The term is over by itself.
        }
    }

    private static async Task ListenAsync(DoorbellListener bell, Dispatcher dispatcher, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                await bell.WaitAsync(ct);
                dispatcher.Ring();
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Nobody is to be woken any more.
        }
    }

    private static Task Stopped(CancellationToken stop, out CancellationTokenRegistration registration)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        registration = stop.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), stopped);
        return stopped.Task;
    }

    private async Task RecordConfigurationAsync(CancellationToken ct)
    {
        var version = typeof(RunnerService).Assembly.GetName().Version?.ToString(3) ?? "";
        var loaded = new ConfigurationLoaded(current.File, current.Digest(), version);
        try
        {
            await store.Events.AppendAsync(new Append(StreamId.Service("runner"), ExpectedVersion.Any, loaded), ct);
        }
        catch (StoreUnavailableException trouble)
        {
            RunnerLog.StoreWaits(log, trouble.Message);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Told to stop at once.
        }
    }
}

using System.Diagnostics.CodeAnalysis;
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
    /// <summary>For each step of the end after <c>stop-wait=</c>: outcomes written, parts ended, lease released.</summary>
    private static readonly TimeSpan LastSteps = TimeSpan.FromSeconds(5);

    /// <summary>For QUIT on connections that carry no mail: politeness, so it may not take long.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly InForce<Workings> workings = new(first);
    private readonly SteadyClock age = new(clock);
    private readonly LeaseKeeper keeper = new(store.Leases, $"postoffice-runner {Environment.ProcessId} on {Environment.MachineName}", clock, log);
    private readonly Lock gate = new();
    private Task reloading = Task.CompletedTask;
    private Settings current = settings;

    /// <summary>The one at work; null while another runner holds the lease.</summary>
    public Dispatcher? Dispatcher { get; private set; }

    /// <summary>Of the same term; null likewise.</summary>
    public OutcomeRecorder? Recorder { get; private set; }

    /// <summary>
    /// Takes other settings, all of them or none; those of the store, of <c>user=</c> and of the deliverer need a new start. One reload after
    /// the other: the last to be asked for is in force in the end.
    /// </summary>
    public Task ReloadAsync(Func<Settings> load, CancellationToken ct)
    {
        lock (gate) return reloading = ReloadAfterAsync(reloading, load, ct);
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
            if (await HoldAsync(lease, stop) is { } exitCode) return exitCode;
        }
        return 0;
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A reload that fails changes nothing, whatever the reason; each is logged.")]
    private async Task ReloadAfterAsync(Task earlier, Func<Settings> load, CancellationToken ct)
    {
        await earlier.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            var fresh = load();
            foreach (var problem in fresh.Problems) RunnerLog.SettingProblem(log, problem);
            var before = workings.Current;
            workings.Current = await factory.MakeAsync(fresh, ct);
            _ = before.Idle.CloseAsync(); // opened by rules that hold no longer
            current = fresh;
            RunnerLog.Reloaded(log);
            await RecordConfigurationAsync(ct);
            Dispatcher?.Ring();
        }
        catch (Exception refused) when (refused is SettingException or IOException or UnauthorizedAccessException)
        {
            RunnerLog.ReloadRefused(log, refused.Message);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Told to stop: the settings matter to nobody any more.
        }
        catch (Exception fault)
        {
            RunnerLog.PartFaulted(log, "a reload", fault);
        }
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

    /// <summary>
    /// Delivers until the first of its parts ends or it is told to stop, then ends them all and releases the lease. Each step has its limit:
    /// what hangs in a system call is left to the next start, which finds out what became of it as after a crash.
    /// </summary>
    /// <returns>An exit code when the service ends, null to wait for the lease again.</returns>
    private async Task<int?> HoldAsync(Lease lease, CancellationToken stop)
    {
        var term = new HoldingTerm();
        var recorder = new OutcomeRecorder(store.Events, lease, workings, clock, age, log);
        var circuits = new Circuits(store.Events, store.Circuits, lease, clock, log);
        var work = new MessageWork(recorder, new Recovery(recorder, factory.Mailboxes, log), circuits, workings, factory.Board, term, clock, log);
        var dispatcher = new Dispatcher(store.Due, work, workings, clock, log);
        var sweeps = new SweepRounds(store, deliverer.SweepAsync, () => dispatcher.HasRecovered, clock, log);
        var late = new LateMail(store.Due, recorder, workings, clock, age, log);
        var housekeeping = new Housekeeping(
            store, lease, () => workings.Current.Options.Retention, late.StepAsync, sweeps, () => dispatcher.InFlight > 0, clock, age, log);
        work.DeliversTo = sweeps.Remember;

        await using var told = stop.UnsafeRegister(_ => term.End(TermEnd.Stopped), null);
        Task[] parts =
        [
            PartAsync("the doorbell", term, () => ListenAsync(dispatcher, term.Stopping)),
            PartAsync("the lease's keeper", term, () => KeepAsync(lease, term)),
            PartAsync("the schedule", term, () => ScheduleAsync(circuits, dispatcher, term.Stopping)),
            PartAsync("housekeeping", term, () => housekeeping.RunAsync(term.Stopping)),
            PartAsync("the deliverer", term, () => WatchDelivererAsync(term)),
        ];
        (Dispatcher, Recorder) = (dispatcher, recorder);
        if (!term.Ended.IsCompleted) TellReady(lease);

        var why = await term.Ended;
        (Dispatcher, Recorder) = (null, null);
        if (why is TermEnd.Stopped) await StopAsync(dispatcher, term);
        term.Abandon();
        var whole = await WithinAsync(LastSteps, Task.WhenAll([.. parts, dispatcher.DrainAsync()]));
        if (!whole) RunnerLog.LeftBehind(log, dispatcher.InFlight);
        if (why is not TermEnd.LeaseLost)
        {
            whole &= await WithinAsync(LastSteps, PartAsync("the release of the lease", term, () => keeper.ReleaseAsync(lease, CancellationToken.None)));
        }
        else
        {
            RunnerLog.LeaseLost(log, storePath);
        }
        if (whole) term.Dispose();
        return why switch
        {
            TermEnd.Faulted => ExitCode.Software,
            TermEnd.DelivererEnded => ExitCode.TempFail,
            _ when !whole => ExitCode.TempFail,
            TermEnd.LeaseLost => null,
            _ => 0,
        };
    }

    private void TellReady(Lease lease)
    {
        RunnerLog.Holding(log, storePath, lease.Token);
        log.Say($"ready, delivering from {storePath}");
        ServiceNotice.Send(ServiceNotice.Ready);
    }

    /// <summary>Lets what is under way end, then makes it end; outcomes get the time to be written.</summary>
    private async Task StopAsync(Dispatcher dispatcher, HoldingTerm term)
    {
        ServiceNotice.Send(ServiceNotice.Stopping);
        RunnerLog.Stopping(log, dispatcher.InFlight);
        term.Stop();
        if (!await WithinAsync(workings.Current.Options.StopWait, dispatcher.DrainAsync()))
        {
            term.Abort();
            await WithinAsync(LastSteps, dispatcher.DrainAsync());
        }
        await WithinAsync(Farewell, workings.Current.Idle.CloseAsync());
    }

    /// <returns>False when it goes on beyond the limit.</returns>
    private async Task<bool> WithinAsync(TimeSpan limit, Task task)
    {
        try
        {
            await task.WaitAsync(limit, clock);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>The one place where a part's surprise ends: in the log, and with it the term.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whichever part faults, the others are stopped in order and the lease is released.")]
    private async Task PartAsync(string name, HoldingTerm term, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException) when (term.Stopping.IsCancellationRequested)
        {
            // The term ends, and this part with it.
        }
        catch (Exception fault)
        {
            RunnerLog.PartFaulted(log, name, fault);
            term.End(TermEnd.Faulted);
        }
    }

    private async Task KeepAsync(Lease lease, HoldingTerm term)
    {
        await keeper.KeepAsync(lease, term.Abandoned);
        term.Lose();
    }

    private async Task WatchDelivererAsync(HoldingTerm term)
    {
        var code = await deliverer.Ended.WaitAsync(term.Abandoned);
        RunnerLog.DelivererEnded(log, code);
        term.End(TermEnd.DelivererEnded);
    }

    private static async Task ScheduleAsync(Circuits circuits, Dispatcher dispatcher, CancellationToken stop)
    {
        await circuits.CloseLeftOpenAsync();
        await dispatcher.RunAsync(stop);
    }

    private async Task ListenAsync(Dispatcher dispatcher, CancellationToken ct)
    {
        using var bell = new DoorbellListener(storePath);
        while (true)
        {
            await bell.WaitAsync(ct);
            dispatcher.Ring();
        }
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

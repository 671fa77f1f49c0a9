using System.Runtime.InteropServices;
using Postoffice.Runner.Deliverer;
using Postoffice.Store;
using Postoffice.Store.Configuration;
using Postoffice.Store.Control;
using Postoffice.Store.Native;

namespace Postoffice.Runner;

/// <summary>Exit codes of sysexits.h.</summary>
internal static class ExitCode
{
    public const int Usage = 64, NoInput = 66, Unavailable = 69, Software = 70, TempFail = 75, Config = 78;
}

/// <summary>Starts the service in the order its rights demand: the deliverer while still root, then without root's rights the store.</summary>
internal static class RunnerProgram
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["--help" or "-h"]) return Told(Startup.Help);
        if (args is ["--version"]) return Told($"{Startup.Program} {typeof(Startup).Assembly.GetName().Version?.ToString(3)}\n");
        var clock = TimeProvider.System;
        var log = ServiceLog.OnStandardError(Startup.Program, clock);
        if (Startup.Parse(args) is not { } startup)
        {
            log.Say($"{string.Join(' ', args)}: not understood; --help tells what is");
            return ExitCode.Usage;
        }
        try
        {
            return await StartAsync(startup, clock, log);
        }
        catch (Exception refusal) when (refusal is SettingException or StoreRefusedException)
        {
            log.Say(refusal.Message);
            return ExitCode.Config;
        }
        catch (ConfigurationUnreadableException unreadable)
        {
            log.Say(unreadable.Message);
            return ExitCode.NoInput;
        }
        catch (IOException trouble)
        {
            log.Say(trouble.Message);
            return ExitCode.Unavailable;
        }
    }

    private static int Told(string text)
    {
        Console.Out.Write(text);
        return 0;
    }

    private static async Task<int> StartAsync(Startup startup, TimeProvider clock, ServiceLog log)
    {
        var settings = startup.Load();
        foreach (var problem in settings.Problems) RunnerLog.SettingProblem(log, problem);
        var options = StoreOptions.From(settings);
        _ = RunnerOptions.From(settings); // refused before anything is started
        var startedAsRoot = Libc.GetEuid() == 0;

        if (await DelivererClient.StartAsync(startup.File, CancellationToken.None) is not { } deliverer)
        {
            log.Say("the deliverer did not start; it has said why above");
            return ExitCode.Config;
        }
        await using (deliverer)
        {
            ServiceIdentity.Assume(settings, options.Path, sentence => RunnerLog.SettingProblem(log, sentence));
            using var store = MailStore.Open(options, clock, log);
            var factory = new WorkingsFactory(store, deliverer, startedAsRoot, clock);
            var first = await factory.MakeAsync(settings, CancellationToken.None);
            var service = new RunnerService(store, options.Path, settings, first, factory, deliverer, clock, log);
            var answers = new StoreAnswers(store);
            await using var control = ControlServer.Start(
                ControlOptions.From(settings), "runner.sock", store, clock, log,
                (request, rights, ct) => new ControlActs(service.Dispatcher, service.Recorder, answers, factory.Board, clock).AnswerAsync(request, rights, ct));

            using var stop = new CancellationTokenSource();
            using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
            using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
            {
                signal.Cancel = true;
                _ = service.ReloadAsync(startup.Load, stop.Token);
            });
            return await service.RunAsync(stop.Token);

            void Stop(PosixSignalContext signal)
            {
                signal.Cancel = true;
                stop.Cancel();
            }
        }
    }
}

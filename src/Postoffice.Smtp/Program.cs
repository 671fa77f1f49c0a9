using Postoffice.Smtp;
using Postoffice.Smtp.Listening;
using Postoffice.Store;
using Postoffice.Store.Control;

// The listener takes mail in, makes it durable and says 250. To read on: Dialogue/SmtpSession.cs.
if (args is ["--help" or "-h"]) return Say(Arguments.Help, ExitCode.Ok);
if (args is ["--version"]) return Say($"{Arguments.Program} {Arguments.Version}\n", ExitCode.Ok);
if (Arguments.Parse(args, out var wrong) is not { } arguments) return Say($"{Arguments.Program}: {wrong}\n", ExitCode.Usage);

SocketThreads.RunSessions();
var clock = TimeProvider.System;
var log = ServiceLog.OnStandardError(Arguments.Program, clock);
try
{
    var configuration = await Configuration.LoadAsync(arguments, log);
    var doors = Doors.Open(configuration.Options.Endpoints);                        // may need root
    ServiceIdentity.Assume(configuration.Settings, configuration.StoreOptions.Path, sentence => ListenerLog.RunsAsRoot(log, sentence));
    using var store = MailStore.Open(configuration.StoreOptions, clock, log);       // never as root, unless it is root's
    await using var control = ControlServer.Start(ControlOptions.From(configuration.Settings), "smtpd.sock", store, clock, log);
    await using var listener = await Listener.StartAsync(arguments, configuration, doors, store, clock, log);
    await listener.RunAsync(names => log.Say($"ready, listening on {names}"));
    return ExitCode.Ok;
}
catch (Exception trouble) when (ExitCode.Of(trouble) is { } code)
{
    log.Say(trouble.Message);
    return code;
}

static int Say(string text, int code)
{
    (code == ExitCode.Ok ? Console.Out : Console.Error).Write(text);
    return code;
}

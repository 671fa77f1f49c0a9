using System.Runtime.InteropServices;
using Postoffice.Benchmarks;
using Postoffice.Benchmarks.NextHops;

using var end = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
IBenchmark[] all =
[
    new SickDestinations("sick-destinations", new Sickness(Refusing: 0, LeastOpen: 0)),
    new SickDestinations("failing-destinations", new Sickness(Refusing: 10, LeastOpen: 15), "smtp-connect-timeout=1s"),
];
return await CommandLine.RunAsync(args, all, end.Token);

// What was started is ended on the way out, so the signal itself must not end us.
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    end.Cancel();
}

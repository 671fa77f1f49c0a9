using System.Runtime.InteropServices;
using Postoffice.Benchmarks;

using var end = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await CommandLine.RunAsync(args, [new SickDestinations()], end.Token);

// What was started is ended on the way out, so the signal itself must not end us.
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    end.Cancel();
}

using System.Runtime.InteropServices;
using Postoffice.Benchmarks;
using Postoffice.Benchmarks.NextHops;
using Postoffice.Benchmarks.Servers;
using Postoffice.Benchmarks.Workloads;

using var end = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
if (args is ["make-history", .. var wanted]) return await HistoryCommand.RunAsync(wanted, end.Token);
IBenchmark[] all =
[
    new Comparison("intake", () => new Intake(new SmtpSource(Octets: 4096, Clients: 20, Kept: false)), new Target(Ratio: 5, Cost: 0.7)),
    new Comparison("intake-kept", () => new Intake(new SmtpSource(Octets: 4096, Clients: 20, Kept: true)), new Target(Ratio: 6, Cost: 0.4)),
    new Comparison("intake-one", () => new Intake(new SmtpSource(Octets: 4096, Clients: 1, Kept: true)), new Target(Ratio: 2, Disk: new RawDisk(Octets: 4096, Messages: 1))),
    new Comparison("intake-big", () => new Intake(new SmtpSource(Octets: 65_536, Clients: 20, Kept: true)), new Target(Ratio: 4, Disk: new RawDisk(Octets: 20 * 2 * 65_536, Messages: 20))), // twice: log and database
    new Comparison("relay", () => new Relay(new SmtpSource(Octets: 4096, Clients: 20, Kept: true)), new Target(Ratio: 6, Cost: 1.2)),
    new Comparison("local-maildir", () => new LocalDelivery(MailboxKind.Maildir), new Target(Ratio: 5)),
    new Comparison("local-mbox", () => new LocalDelivery(MailboxKind.Mbox), new Target(Ratio: 5)),
    new Memory(),
    new IdleSessions(),
    new DeepQueue("deep-queue", new Depth(Waiting: 100_000, Facts: 0), new DepthLimits(Rate: 0.95, FirstPage: 0.3, List: 2)),
    new DeepQueue("deepest-queue", new Depth(Waiting: 1_000_000, Facts: 0), new DepthLimits(Rate: 0.9, FirstPage: 0.3, List: double.PositiveInfinity)),
    new DeepQueue("long-journal", new Depth(Waiting: 0, Facts: 10_000_000), new DepthLimits(Rate: 0.9, FirstPage: 0.3, List: double.PositiveInfinity)),
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

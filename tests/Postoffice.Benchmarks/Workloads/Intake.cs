using Postoffice.Benchmarks.Servers;

namespace Postoffice.Benchmarks.Workloads;

/// <summary>Mail is taken and stays in the queue.</summary>
internal sealed class Intake(SmtpSource source) : IWorkload
{
    public Delivery Delivery { get; } = new Delivery.Held();

    public Task<double> RunAsync(MailServer server, int messages, CancellationToken ct) => source.SendAsync(server.Listener, messages, ct);

    public void Dispose()
    {
    }

    public override string ToString() => $"smtp-source: {source}; delivery held";
}

using System.Diagnostics;
using System.Net;
using Postoffice.Testing;

namespace Postoffice.Benchmarks.Workloads;

/// <summary>Postfix's own load generator, as it is called.</summary>
/// <param name="Octets">Size of each message, without its header.</param>
/// <param name="Clients">Connections at a time.</param>
/// <param name="Kept">Each connection is kept for the next message; otherwise each message has its own.</param>
internal sealed record SmtpSource(int Octets, int Clients, bool Kept)
{
    /// <summary>Sends messages to one recipient; they are taken when this ends.</summary>
    /// <returns>Seconds that it took.</returns>
    /// <exception cref="BenchmarkException">A message was refused.</exception>
    public async Task<double> SendAsync(IPEndPoint listener, int messages, CancellationToken ct)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var program = ChildProcess.Start("smtp-source",
        [
            "-s", $"{Math.Min(Clients, messages)}", "-m", $"{messages}", "-l", $"{Octets}", .. Kept ? (string[])["-d"] : [],
            "-M", "client.example.net", "-f", "alice@example.net", "-t", "bob@relay.example", $"{listener}",
        ]);
        var status = await program.ExitAsync(ct);
        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        return status == 0 ? seconds : throw new BenchmarkException($"smtp-source ended with {status}: its words are above");
    }

    public override string ToString() => $"{Octets / 1024} KiB, {(Clients == 1 ? "one client" : $"{Clients} clients")}, {(Kept ? "connections kept" : "a connection for each message")}";
}

using System.Net.Sockets;

namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>Offers mail over SMTP until told to stop, whatever happens to the server, and writes each 250 into the ledger as soon as it is read.</summary>
internal sealed class LedgerClient(int port, Ledger ledger, int seed)
{
    private const int MostOfConnection = 10;
    private static readonly TimeSpan BeforeAnother = TimeSpan.FromMilliseconds(10); // no signal tells that a killed server listens again

    private readonly Random random = new(seed);

    /// <param name="recipients">Each message goes to one of them.</param>
    public Task RunAsync(IReadOnlyList<string> recipients, CancellationToken enough) => Task.Run(
        async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                try
                {
                    using var line = SmtpLine.Connect(port);
                    Talk(line, recipients, enough);
                }
                catch (Exception broken) when (broken is IOException or SocketException)
                {
                    // Killed in mid session or not up again: what was not acknowledged is not owed.
                }
                await Task.Delay(BeforeAnother, TimeProvider.System, CancellationToken.None);
            }
        },
        CancellationToken.None);

    private void Talk(SmtpLine line, IReadOnlyList<string> recipients, CancellationToken enough)
    {
        if (!IsOk(line.Reply(), "220") || !IsOk(line.Ask("EHLO client.example.net"), "250")) return;
        for (var sent = 0; sent < MostOfConnection && !enough.IsCancellationRequested; sent++)
        {
            var (offer, content) = ledger.Write(random, recipients[random.Next(recipients.Count)]);
            var reply = "";
            foreach (var (command, code) in ((string, string)[])
                [("MAIL FROM:<alice@example.net>", "250"), ($"RCPT TO:<{offer.To}>", "250"), ("DATA", "354"), ($"{content.Replace("\r\n.", "\r\n..", StringComparison.Ordinal)}.", "250")])
            {
                reply = line.Ask(command);
                if (IsOk(reply, code)) continue;
                ledger.Refuse();
                return;
            }
            ledger.Acknowledge(offer, reply);
        }
        line.Ask("QUIT");
    }

    private static bool IsOk(string reply, string code) => reply.StartsWith(code, StringComparison.Ordinal);
}

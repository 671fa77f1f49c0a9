using System.Net.Sockets;

namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>Offers mail at the pace it is told, or slower when the server is, and writes each reply to a final dot into the ledger.</summary>
/// <param name="pause">From one message to the next; zero for none.</param>
/// <param name="number">Gives each message of all clients a number of its own.</param>
internal sealed class SoakClient(int port, SoakLedger ledger, int seed, Func<TimeSpan> pause, Func<int> number)
{
    private const int MostOfConnection = 20;
    private static readonly TimeSpan AfterBreak = TimeSpan.FromMilliseconds(100); // a listener that is gone must not be all we are busy with
    private readonly Random random = new(seed);
    private long next = TimeProvider.System.GetTimestamp();

    public Task RunAsync(CancellationToken enough) => Task.Run(
        async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                try
                {
                    using var line = SmtpLine.Connect(port);
                    await TalkAsync(line, enough);
                }
                catch (Exception broken) when (broken is IOException or SocketException)
                {
                    ledger.Break();
                    await Task.Delay(AfterBreak, TimeProvider.System, CancellationToken.None);
                }
            }
        },
        CancellationToken.None);

    private async Task TalkAsync(SmtpLine line, CancellationToken enough)
    {
        if (!IsOk(line.Reply(), "220") || !IsOk(line.Ask("EHLO client.example.net"), "250")) throw new IOException("refused");
        for (var sent = 0; sent < MostOfConnection && !enough.IsCancellationRequested; sent++)
        {
            if (!await PaceAsync(enough)) break;
            var message = SoakMessage.Write(number(), random);
            ledger.Offer(message);
            if (IsOk(line.Ask($"MAIL FROM:<{Site.Address}>"), "250") && IsOk(line.Ask($"RCPT TO:<{message.To}>"), "250") && IsOk(line.Ask("DATA"), "354"))
            {
                line.Send(message.Content);
                line.Send(".\r\n"u8);
                if (IsOk(line.Reply(), "250"))
                {
                    ledger.Acknowledge(message);
                    continue;
                }
            }
            ledger.Refuse(message);
            line.Ask("RSET");
        }
        line.Ask("QUIT");
    }

    /// <summary>Waits until it is time for another one. Who is late does not make up for it.</summary>
    private async Task<bool> PaceAsync(CancellationToken enough)
    {
        var clock = TimeProvider.System;
        var wait = -clock.GetElapsedTime(next);
        if (wait > TimeSpan.Zero) await Task.Delay(wait, clock, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        next = Math.Max(next, clock.GetTimestamp() - clock.TimestampFrequency) + (long)(pause().TotalSeconds * clock.TimestampFrequency);
        return !enough.IsCancellationRequested;
    }

    private static bool IsOk(string reply, string code) => reply.StartsWith(code, StringComparison.Ordinal);
}

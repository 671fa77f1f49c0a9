using System.Net.Sockets;
using System.Text;

namespace Postoffice.EndToEnd.Tests;

public sealed class BigMessageTests
{
    private const long Megabyte = 1024 * 1024;

    /// <summary>200 MB in and out; no process grows by more than 8 MB over what a small message made it.</summary>
    [Fact]
    public async Task A_200_MB_message_passes_in_flat_memory()
    {
        await using var site = new Site("size=300m");
        var listener = await site.StartListenerAsync();
        var runner = await site.StartRunnerAsync();
        for (var warm = 1; warm <= 20; warm++) await SendAsync(site.Port, 64 * 1024);
        await site.MailAsync(20);
        var deliverer = runner.Children()[0];
        listener.ForgetPeakMemory();
        runner.ForgetPeakMemory();
        System.IO.File.WriteAllText($"/proc/{deliverer}/clear_refs", "5");
        var before = (Listener: listener.PeakMemory(), Runner: runner.PeakMemory(), Deliverer: PeakOf(deliverer));

        await SendAsync(site.Port, 200 * Megabyte);
        await Eventually.HoldsAsync(
            () => Directory.GetFiles(site.MaildirNew).Any(file => new FileInfo(file).Length > 190 * Megabyte),
            () => $"the big message in {site.MaildirNew}\n{runner.Said}");

        (string Process, long Growth)[] grown =
        [
            ("listener", listener.PeakMemory() - before.Listener),
            ("runner", runner.PeakMemory() - before.Runner),
            ("deliverer", PeakOf(deliverer) - before.Deliverer),
        ];
        Assert.All(grown, process => Assert.True(process.Growth <= 8 * Megabyte, $"{process.Process} grew by {process.Growth} octets"));
    }

    private static long PeakOf(int pid)
    {
        var line = System.IO.File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
    }

    /// <summary>Speaks plain SMTP: a mail library would hold the message in memory.</summary>
    private static async Task SendAsync(int port, long octets)
    {
        using var client = new TcpClient("127.0.0.1", port);
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.Latin1);
        await ExpectAsync(reader, "220");
        await SayAsync(stream, "EHLO client.example.net");
        await ExpectAsync(reader, "250");
        foreach (var (line, reply) in new[] { ("MAIL FROM:<alice@example.net>", "250"), ($"RCPT TO:<{Site.Address}>", "250"), ("DATA", "354") })
        {
            await SayAsync(stream, line);
            await ExpectAsync(reader, reply);
        }
        await SayAsync(stream, "Subject: big\r\n");
        var line76 = Encoding.Latin1.GetBytes(new string('x', 74) + "\r\n");
        var block = Enumerable.Repeat(line76, 1000).SelectMany(line => line).ToArray();
        for (long sent = 0; sent < octets; sent += block.Length) await stream.WriteAsync(block);
        await SayAsync(stream, ".");
        await ExpectAsync(reader, "250");
        await SayAsync(stream, "QUIT");
        await ExpectAsync(reader, "221");
    }

    private static async Task SayAsync(NetworkStream stream, string line) => await stream.WriteAsync(Encoding.Latin1.GetBytes(line + "\r\n"));

    private static async Task ExpectAsync(StreamReader reader, string code)
    {
        string? line;
        do line = await reader.ReadLineAsync();
        while (line?.Length > 3 && line[3] == '-');
        Assert.StartsWith(code, line);
    }
}

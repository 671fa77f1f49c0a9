using System.Net.Sockets;
using System.Text;
using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

public sealed class BigMessageTests
{
    private const long Megabyte = 1024 * 1024;

    /// <summary>200 MB in and out; no process grows by more than 8 MB over what a small message made it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_200_MB_message_passes_in_flat_memory(bool isMbox)
    {
        using var spool = new TempDirectory();
        await using var site = new Site(["size=300m", .. isMbox ? [$"mailbox=mbox:{spool.Path}"] : Array.Empty<string>()]);
        var mailbox = isMbox ? spool.Path : site.MaildirNew;
        var listener = await site.StartListenerAsync();
        var runner = await site.StartRunnerAsync();
        for (var warm = 1; warm <= 20; warm++) await SendAsync(site.Port, 64 * 1024, Site.Address);
        await Eventually.HoldsAsync(() => OctetsIn(mailbox) >= 20 * 64 * 1000, () => "20 small messages");
        var deliverer = runner.Children()[0];
        var grown = await GrownAsync([("listener", listener.Id), ("runner", runner.Id), ("deliverer", deliverer)], async () =>
        {
            await SendAsync(site.Port, 200 * Megabyte, Site.Address);
            await Eventually.HoldsAsync(() => OctetsIn(mailbox) > 190 * Megabyte, () => $"the big message in {mailbox}\n{runner.Said}");
        });
        Assert.All(grown, process => Assert.True(process.Growth <= 8 * Megabyte, $"{process.Name} grew by {process.Growth} octets"));
    }

    [Fact]
    public async Task A_200_MB_message_leaves_in_flat_memory()
    {
        var port = Site.FreePort();
        await using var site = new Site("size=300m", $"relay-host=127.0.0.1:{port}");
        await using var sink = Service.Start(OutsideProgram.Require("smtp-sink"), "-u", Site.User, $"127.0.0.1:{port}", "10");
        var listener = await site.StartListenerAsync();
        var runner = await site.StartRunnerAsync();
        for (var warm = 1; warm <= 20; warm++) await SendAsync(site.Port, 64 * 1024, "bob@remote.example");
        await DeliveredAsync(site, 20);
        var grown = await GrownAsync([("listener", listener.Id), ("runner", runner.Id)], async () =>
        {
            await SendAsync(site.Port, 200 * Megabyte, "bob@remote.example");
            await DeliveredAsync(site, 21);
        });
        Assert.All(grown, process => Assert.True(process.Growth <= 8 * Megabyte, $"{process.Name} grew by {process.Growth} octets"));
    }

    private static async Task<IReadOnlyList<(string Name, long Growth)>> GrownAsync(IReadOnlyList<(string Name, int Id)> processes, Func<Task> work)
    {
        foreach (var (_, id) in processes) System.IO.File.WriteAllText($"/proc/{id}/clear_refs", "5"); // the peak counts from here
        var before = processes.Select(process => PeakOf(process.Id)).ToList();
        await work();
        return [.. processes.Select((process, i) => (process.Name, PeakOf(process.Id) - before[i]))];
    }

    private static long OctetsIn(string mailbox) => Directory.Exists(mailbox)
        ? new DirectoryInfo(mailbox).EnumerateFiles().Where(file => file.Extension != ".lock").Sum(file => file.Length)
        : 0;

    private static Task DeliveredAsync(Site site, int count) => Eventually.HoldsAsync(
        () => site.PostofficeAsync("history", "--json", "--to", "bob@remote.example", "--status", "delivered").Result.Output.Split('\n').Length > count,
        () => $"{count} messages delivered");

    private static long PeakOf(int pid)
    {
        var line = System.IO.File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
    }

    /// <summary>Speaks plain SMTP: a mail library would hold the message in memory.</summary>
    private static async Task SendAsync(int port, long octets, string to)
    {
        using var client = new TcpClient("127.0.0.1", port);
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.Latin1);
        await ExpectAsync(reader, "220");
        await SayAsync(stream, "EHLO client.example.net");
        await ExpectAsync(reader, "250");
        foreach (var (line, reply) in new[] { ("MAIL FROM:<alice@example.net>", "250"), ($"RCPT TO:<{to}>", "250"), ("DATA", "354") })
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

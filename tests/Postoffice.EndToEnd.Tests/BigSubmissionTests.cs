using System.Diagnostics;
using System.Text;

namespace Postoffice.EndToEnd.Tests;

/// <summary>A 200 MB message handed to sendmail: nobody grows by more than 8 MB over what a small message made him.</summary>
public sealed class BigSubmissionTests
{
    private const long Megabyte = 1024 * 1024;
    private const long Most = 8 * Megabyte;

    [Fact]
    public async Task Sendmail_hands_it_to_the_listener_in_flat_memory()
    {
        await using var site = new Site("size=300m");
        var listener = await site.StartListenerAsync();
        _ = await PeakOfSendingAsync(site, Megabyte / 16); // the program itself comes from the disk once
        var small = await PeakOfSendingAsync(site, Megabyte / 16);
        listener.ForgetPeakMemory();
        var before = listener.PeakMemory();

        var big = await PeakOfSendingAsync(site, 200 * Megabyte);

        Assert.InRange(big - small, long.MinValue, Most);
        Assert.InRange(listener.PeakMemory() - before, 0, Most);
        Assert.Empty(Directory.GetFiles(site.DropDirectory));
    }

    [Fact]
    public async Task Sendmail_leaves_it_for_the_listener_and_the_import_takes_it_in_flat_memory()
    {
        await using var site = new Site("size=300m");
        _ = await PeakOfSendingAsync(site, Megabyte / 16); // the program itself comes from the disk once
        var small = await PeakOfSendingAsync(site, Megabyte / 16);
        var listener = await site.StartListenerAsync();
        await Eventually.HoldsAsync(() => Directory.GetFiles(site.DropDirectory).Length == 0, () => $"an empty drop directory\n{listener.Said}");
        await listener.StopAsync();

        var big = await PeakOfSendingAsync(site, 200 * Megabyte);
        Assert.InRange(big - small, long.MinValue, Most);
        var dropped = Assert.Single(Directory.GetFiles(site.DropDirectory));

        File.Move(dropped, site.File("kept")); // so that a small one warms the listener up first
        await PeakOfSendingAsync(site, Megabyte / 16);
        listener = await site.StartListenerAsync();
        await Eventually.HoldsAsync(() => Directory.GetFiles(site.DropDirectory).Length == 0, () => $"an empty drop directory\n{listener.Said}");
        listener.ForgetPeakMemory();
        var before = listener.PeakMemory();
        File.Move(site.File("kept"), dropped);
        await Eventually.HoldsAsync(() => Directory.GetFiles(site.DropDirectory).Length == 0, () => $"an empty drop directory\n{listener.Said}");
        Assert.InRange(listener.PeakMemory() - before, 0, Most);
        Assert.Contains("DROP", listener.Said);
    }

    /// <summary>Octets of resident memory that sendmail needed at most (VmHWM of proc(5), looked at until it ends).</summary>
    private static async Task<long> PeakOfSendingAsync(Site site, long octets)
    {
        var start = new ProcessStartInfo(Service.Program("sendmail"), ["-C", site.Configuration, "-i", Site.User])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var sendmail = Process.Start(start)!;
        var block = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(new string('x', 74) + "\n", 800)));
        await sendmail.StandardInput.BaseStream.WriteAsync("Subject: big\n\n"u8.ToArray());
        for (long sent = 0; sent < octets; sent += block.Length) await sendmail.StandardInput.BaseStream.WriteAsync(block);
        var peak = PeakOf(sendmail.Id);
        sendmail.StandardInput.Close();
        await Eventually.HoldsAsync(
            () =>
            {
                peak = Math.Max(peak, PeakOf(sendmail.Id));
                return sendmail.HasExited;
            },
            () => "the end of sendmail");
        Assert.True(sendmail.ExitCode == 0, await sendmail.StandardError.ReadToEndAsync());
        return peak;
    }

    /// <summary>0 once it has ended.</summary>
    private static long PeakOf(int pid)
    {
        try
        {
            var line = File.ReadLines($"/proc/{pid}/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}

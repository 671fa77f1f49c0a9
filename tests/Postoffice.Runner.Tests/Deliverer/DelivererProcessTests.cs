using System.Diagnostics;
using System.IO.Pipelines;
using Postoffice.Runner.Deliverer;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Deliverer;

/// <summary>The child process as a whole: its start, its end, its memory, its rights.</summary>
public sealed class DelivererProcessTests
{
    private static readonly string Program = Path.Join(AppContext.BaseDirectory, "postoffice-runner");

    [Fact]
    public async Task When_the_deliverer_dies_every_open_call_gets_a_value_and_the_client_says_so()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        var held = await rig.PreparedAsync("a\r\n");
        var waiting = rig.PrepareAsync("b\r\n");

        using (var child = Process.GetProcessById(rig.Client.ProcessId)) child.Kill();

        Assert.Equal(137, await rig.Client.Ended);
        Assert.IsType<PrepareResult.Gone>(await waiting);
        Assert.IsType<DeliveryOutcome.Gone>(await rig.Client.CommitAsync(held));
        Assert.IsType<PrepareResult.Gone>(await rig.PrepareAsync("c\r\n"));
    }

    [Fact]
    public async Task When_its_input_ends_it_unlocks_and_ends_in_spite_of_signals_before()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        await rig.PreparedAsync("a\r\n");
        foreach (var signal in new[] { "-TERM", "-INT", "-HUP" }) // as a service manager or a terminal sends them to everybody
        {
            using var kill = Process.Start("kill", [signal, $"{rig.Client.ProcessId}"]);
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        Assert.IsType<DeliveryOutcome.Delivered>(await rig.DeliverAsync("b\r\n", user: DelivererRig.OtherUser));
        Assert.True(new FileInfo(rig.Mbox + ".lock").Exists);

        await rig.Client.DisposeAsync();

        Assert.Equal(0, await rig.Client.Ended);
        Assert.False(new FileInfo(rig.Mbox + ".lock").Exists);
    }

    [Theory]
    [InlineData(new byte[] { 1, 2, 3 })]
    [InlineData(new byte[] { 255, 255, 255, 127, 1, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 99, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 1, 0, 0, 0, 1, 1, 0, 0, 0, 7 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 4, 1, 0, 0, 0 })]
    public async Task A_violation_of_the_protocol_ends_the_child_with_a_sentence(byte[] octets)
    {
        using var directory = new TempDirectory();
        DelivererRig.Put(directory.File("cf"), "", "root");
        using var child = Start(directory.File("cf"));

        await child.StandardInput.BaseStream.WriteAsync(octets);
        child.StandardInput.Close();

        Assert.Contains("violated the protocol", await child.StandardError.ReadToEndAsync());
        await child.WaitForExitAsync();
        Assert.Equal(76, child.ExitCode);
    }

    [Theory]
    [InlineData("mailbox=mbox:relative\n", 0x180u, "root", "mailbox=mbox:relative")]
    [InlineData("", 0x1B6u, "root", "must belong to root")]
    [InlineData("", 0x180u, DelivererRig.User, "must belong to root")]
    public async Task A_configuration_that_root_must_not_obey_ends_it_at_once(string text, uint mode, string owner, string sentence)
    {
        using var directory = new TempDirectory();
        DelivererRig.Put(directory.File("cf"), text, owner, mode);
        using var child = Start(directory.File("cf"));

        Assert.Contains(sentence, await child.StandardError.ReadToEndAsync());
        await child.WaitForExitAsync();
        Assert.Equal(78, child.ExitCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_of_200_MB_passes_in_flat_memory(bool maildir)
    {
        await using var rig = await (maildir ? DelivererRig.WithMaildirAsync() : DelivererRig.WithMboxAsync());
        rig.HomeOf(DelivererRig.User);
        const long size = 200L << 20;
        await SendAsync(rig, 4L << 20); // what is allocated once is allocated
        var before = PeakKilobytes(rig.Client.ProcessId);

        await SendAsync(rig, size);

        Assert.InRange(PeakKilobytes(rig.Client.ProcessId) - before, 0, 8 * 1024);
    }

    private static async Task SendAsync(DelivererRig rig, long size)
    {
        var pipe = new Pipe();
        var filling = FillAsync(pipe.Writer, size);
        var prepared = Assert.IsType<PrepareResult.Prepared>(await rig.Client.PrepareAsync(rig.Request(), pipe.Reader, default));
        Assert.IsType<DeliveryOutcome.Delivered>(await rig.Client.CommitAsync(prepared));
        await filling;
    }

    private static async Task FillAsync(PipeWriter writer, long size)
    {
        var line = new byte[32 * 1024];
        Array.Fill(line, (byte)'x');
        "\r\n"u8.CopyTo(line.AsSpan(^2));
        for (long sent = 0; sent < size; sent += line.Length) await writer.WriteAsync(line);
        await writer.CompleteAsync();
    }

    private static long PeakKilobytes(int pid)
    {
        var line = DelivererRig.Read($"/proc/{pid}/status").Split('\n').Single(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(6, line.Length - 8).Trim());
    }

    private static Process Start(string configuration) => Process.Start(new ProcessStartInfo(Program, ["--deliver", "-C", configuration])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
    })!;
}

using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>
/// A runner stopped inside a commit keeps the store's write lock, and no lease helps. strace places the stop: the process gets SIGSTOP in
/// the sync of a commit, not by chance; only syncs of the log count, so that it never meets the deliverer, which syncs mailboxes.
/// </summary>
public sealed class PauseTests
{
    [Fact]
    public async Task A_runner_paused_inside_a_commit_makes_451_and_an_alarm_and_all_goes_on_when_it_continues()
    {
        await using var site = new Site("store-wait=1s");
        var listener = await site.StartListenerAsync();
        await using var runner = Service.Start(
            OutsideProgram.Require("strace"),
            "-D", "-f", "-o", site.File("trace"), "-P", site.StorePath + "-wal", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:signal=STOP:when=12",
            Service.Program("postoffice-runner"), "-C", site.Configuration);
        await runner.SaysAsync("ready");

        var acknowledged = 0;
        Outcome last;
        do
        {
            last = await site.SwaksAsync("--from", "alice@example.net", "--to", Site.Address);
            if (last.ExitCode == 0) acknowledged++;
        }
        while (last.ExitCode == 0 && acknowledged < 100);
        Assert.Contains("<** 451 4.3", last.Output);
        await listener.SaysAsync($"process {runner.Id}");

        runner.Signal("CONT");
        await Eventually.HoldsAsync(
            () => site.SwaksAsync("--from", "alice@example.net", "--to", Site.Address).Result.ExitCode == 0,
            () => "an accepted message after the runner went on");
        Assert.Equal(acknowledged + 1, (await site.MailAsync(acknowledged + 1)).Count);
    }

    [Fact]
    public async Task A_runner_that_dies_inside_a_commit_lets_the_listener_go_on()
    {
        await using var site = new Site("store-wait=1s");
        await site.StartListenerAsync();
        await using var runner = Service.Start(
            OutsideProgram.Require("strace"),
            "-D", "-f", "-o", site.File("trace"), "-P", site.StorePath + "-wal", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:signal=KILL:when=12",
            Service.Program("postoffice-runner"), "-C", site.Configuration);
        await runner.SaysAsync("ready");

        var acknowledged = 0;
        while (!runner.HasExited && acknowledged < 100)
        {
            if ((await site.SwaksAsync("--from", "alice@example.net", "--to", Site.Address)).ExitCode == 0) acknowledged++;
        }
        Assert.True(runner.HasExited, "the kill was never injected");
        await site.StartRunnerAsync();
        Assert.Equal(acknowledged, (await site.MailAsync(acknowledged)).Count);
        (await site.PostofficeAsync("store", "check")).Succeeded();
    }
}

using Postoffice.Testing;

namespace Postoffice.EndToEnd.Tests;

/// <summary>Our own trouble is 4yz: the client keeps the message, nothing is half-accepted, and all goes on when the trouble ends.</summary>
public sealed class TroubleTests
{
    [Fact]
    public async Task A_foreign_holder_of_the_write_lock_makes_451_and_its_pid_is_named()
    {
        await using var site = new Site("store-wait=1s");
        var listener = await site.StartListenerAsync();
        await using (var holder = Service.Start("/usr/bin/flock", "-x", "--no-fork", site.StorePath + ".write", "sh", "-c", "echo held; exec sleep 600"))
        {
            await holder.SaysAsync("held");
            var refused = await site.SwaksAsync("--from", "alice@example.net", "--to", Site.Address);
            Assert.Contains("<** 451 4.3", refused.Output);
            await listener.SaysAsync($"process {holder.Id}");
            await holder.KillAsync();
        }

        (await site.SwaksAsync("--from", "alice@example.net", "--to", Site.Address)).Succeeded();
        await site.StartRunnerAsync();
        Assert.Single(await site.MailAsync(1));
    }

    [Fact]
    public async Task A_full_disk_is_452_and_heals_when_space_comes_back()
    {
        Assert.True(Environment.UserName == "root", "this test mounts a small file system: run it as root");
        using var mount = new SmallFileSystem(megabytes: 24);
        await using var site = new Site($"store={mount.Path}/store/postoffice.db", "minfree=0");
        await site.StartListenerAsync();
        mount.Fill();
        var body = site.File("body");
        System.IO.File.WriteAllText(body, string.Concat(Enumerable.Repeat(new string('x', 70) + "\n", 120_000))); // more than the ballast the store gives up
        var refused = await site.SwaksAsync("--from", "alice@example.net", "--to", Site.Address, "--body", "@" + body);
        Assert.True(refused.Output.Contains("<** 452 4.3.1", StringComparison.Ordinal), refused.Output);

        mount.Free();
        await Eventually.HoldsAsync(
            () => site.SwaksAsync("--from", "alice@example.net", "--to", Site.Address).Result.ExitCode == 0,
            () => "an accepted message after space came back");
        await site.StartRunnerAsync();
        Assert.Single(await site.MailAsync(1));
        (await site.PostofficeAsync("store", "check")).Succeeded();
    }

    [Fact]
    public async Task A_message_that_grows_into_the_reserve_is_refused_while_it_comes_and_leaves_the_reserve_free()
    {
        Assert.True(Environment.UserName == "root", "this test mounts a small file system: run it as root");
        using var mount = new SmallFileSystem(megabytes: 96);
        await using var site = new Site($"store={mount.Path}/store/postoffice.db", "minfree=40960"); // kilobytes
        await site.StartListenerAsync();
        var body = site.File("body");
        System.IO.File.WriteAllText(body, string.Concat(Enumerable.Repeat(new string('x', 79) + "\n", 800_000))); // 64 MB, of which MAIL says nothing
        var refused = await site.SwaksAsync("--from", "alice@example.net", "--to", Site.Address, "--body", "@" + body);
        Assert.True(refused.Output.Contains("<** 452 4.3.1", StringComparison.Ordinal), refused.Output);
        Assert.InRange(new DriveInfo(mount.Path).AvailableFreeSpace, 36L << 20, 96L << 20); // the reserve, but for what came between two looks
        (await site.PostofficeAsync("store", "check")).Succeeded();
    }

    [Fact]
    public async Task A_failed_sync_is_451_and_the_store_mends_itself()
    {
        await using var site = new Site();
        var listener = Service.Start(
            OutsideProgram.Require("strace"),
            // The 30th sync and the two after it fail, on each thread; starting takes fewer.
            "-D", "-f", "-o", site.File("trace"), "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO:when=30..32",
            Service.Program("postoffice-smtpd"), "-C", site.Configuration);
        await using (listener)
        {
            await listener.SaysAsync("ready");
            var acknowledged = 0;
            var refused = 0;
            for (var sent = 0; sent < 60 && (refused == 0 || acknowledged < 40); sent++)
            {
                var outcome = await site.SwaksAsync("--from", "alice@example.net", "--to", Site.Address);
                if (outcome.ExitCode == 0) acknowledged++;
                else if (outcome.Output.Contains("<** 451 4.3", StringComparison.Ordinal)) refused++;
                else Assert.Fail(outcome.Output);
            }
            Assert.Contains("INJECTED", System.IO.File.ReadAllText(site.File("trace")));
            Assert.InRange(refused, 1, 60);
            await Eventually.HoldsAsync(
                () => site.SwaksAsync("--from", "alice@example.net", "--to", Site.Address).Result.ExitCode == 0,
                () => "an accepted message after the store mended itself");
            await site.StartRunnerAsync();
            Assert.Equal(acknowledged + 1, (await site.MailAsync(acknowledged + 1)).Count);
        }
        (await site.PostofficeAsync("store", "check")).Succeeded();
    }

    [Fact]
    public async Task SIGTERM_ends_both_services_with_0()
    {
        await using var site = new Site();
        var listener = await site.StartListenerAsync();
        var runner = await site.StartRunnerAsync();

        Assert.Equal(0, await listener.StopAsync());
        Assert.Equal(0, await runner.StopAsync());
    }
}

using System.Diagnostics;
using Postoffice.Runner.Deliverer;
using Postoffice.Store.Native;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Deliverer;

/// <summary>Rows F01, F02, F03 and F05 of the attack catalogue.</summary>
public sealed class MboxHostileTests
{
    private const string Message = "Subject: hello\r\n\r\nbody\r\n";
    private const string Secret = "From x Mon Jun  1 12:00:00 2026\n\nsecret\n\n";

    [Theory] // F01
    [InlineData("root", true)]
    [InlineData(DelivererRig.OtherUser, true)]
    [InlineData(DelivererRig.User, true)]
    [InlineData("root", false)]
    public async Task A_symbolic_link_is_never_followed(string ownerOfTarget, bool exists)
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        var target = Path.Join(rig.DirectoryPath, "target");
        if (exists) DelivererRig.Put(target, Secret, ownerOfTarget);
        new FileInfo(rig.Mbox).CreateAsSymbolicLink(target);

        AssertDeferred(await rig.PrepareAsync(Message), "symbolic link");

        Assert.Equal(exists, new FileInfo(target).Exists);
        if (exists) Assert.Equal(Secret, DelivererRig.Read(target));
    }

    [Fact] // F02
    public async Task A_mailbox_with_a_second_name_is_refused()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        DelivererRig.Put(rig.Mbox, Secret, DelivererRig.User);
        using (var link = Process.Start("ln", [rig.Mbox, Path.Join(rig.DirectoryPath, "second")])) await link.WaitForExitAsync(TestContext.Current.CancellationToken);

        AssertDeferred(await rig.PrepareAsync(Message), "2 hard links");

        Assert.Equal(Secret, DelivererRig.Read(rig.Mbox));
    }

    [Theory] // F03
    [InlineData("root", 0x180u, "cannot be opened")]
    [InlineData(DelivererRig.OtherUser, 0x1B6u, "belongs to uid")]
    [InlineData(DelivererRig.User, 0x182u, "writable by everybody")]
    [InlineData(DelivererRig.User, 0x1B0u, "writable by gid")]
    public async Task A_mailbox_that_others_own_or_may_write_is_refused(string owner, uint mode, string reason)
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        DelivererRig.Put(rig.Mbox, Secret, owner, mode);

        AssertDeferred(await rig.PrepareAsync(Message), reason);

        Assert.Equal(Secret, DelivererRig.Read(rig.Mbox));
    }

    [Fact]
    public async Task A_mailbox_that_the_group_of_the_directory_may_write_is_accepted_as_Debian_makes_it()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        var mail = SystemUser.Find("mail")!;
        Libc.Check(Libc.Chown(rig.Spool, 0, mail.Gid), rig.Spool);
        DelivererRig.Put(rig.Mbox, "", DelivererRig.User);
        Libc.Check(Libc.Chown(rig.Mbox, SystemUser.Find(DelivererRig.User)!.Uid, mail.Gid), rig.Mbox);
        Libc.Check(Libc.Chmod(rig.Mbox, 0x1B0), rig.Mbox);

        Assert.IsType<DeliveryOutcome.Delivered>(await rig.DeliverAsync(Message));
    }

    [Fact]
    public async Task A_pipe_in_place_of_the_mailbox_is_refused_without_waiting_for_its_reader()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        using (var made = Process.Start("mkfifo", [rig.Mbox])) await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        DelivererRig.Own(rig.Mbox, DelivererRig.User);

        AssertDeferred(await rig.PrepareAsync(Message), "not a regular file");
    }

    [Fact] // F05
    public async Task A_write_that_stops_at_a_size_limit_is_cut_back_and_tried_later()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        DelivererRig.Put(rig.Mbox, Secret, DelivererRig.User);
        using (var limit = Process.Start("prlimit", ["--pid", $"{rig.Client.ProcessId}", "--fsize=10000"]))
        {
            await limit.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var outcome = await rig.DeliverAsync(Message + new string('x', 20_000));

        var failed = Assert.IsType<DeliveryOutcome.Failed>(outcome);
        Assert.Equal(("4.2.2", Secret), (failed.Failure.Status.ToString(), DelivererRig.Read(rig.Mbox)));
        Assert.IsType<DeliveryOutcome.Delivered>(await rig.DeliverAsync(Message));
    }

    [Fact] // F05
    public async Task A_full_disk_is_cut_back_and_tried_later()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=64k,mode=1777", "tmpfs", rig.Spool);
        try
        {
            DelivererRig.Put(rig.Mbox, Secret, DelivererRig.User);

            var outcome = await rig.DeliverAsync(Message + new string('x', 100_000));

            var failed = Assert.IsType<DeliveryOutcome.Failed>(outcome);
            Assert.Equal(("4.3.1", Secret), (failed.Failure.Status.ToString(), DelivererRig.Read(rig.Mbox)));
            Assert.IsType<DeliveryOutcome.Delivered>(await rig.DeliverAsync(Message));
        }
        finally
        {
            await RunAsync("umount", rig.Spool);
        }
    }

    private static void AssertDeferred(PrepareResult result, string reason)
    {
        var failed = Assert.IsType<PrepareResult.Failed>(result);
        Assert.False(failed.Failure.IsPermanent);
        Assert.Contains(reason, failed.Failure.Reason);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var child = Process.Start(OutsideProgram.Require(program), arguments);
        await child.WaitForExitAsync(CancellationToken.None);
        Assert.Equal(0, child.ExitCode);
    }
}

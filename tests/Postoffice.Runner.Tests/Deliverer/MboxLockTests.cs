using System.Diagnostics;
using Postoffice.Runner.Deliverer;
using Postoffice.Store.Native;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Deliverer;

/// <summary>Row F04: locks that other programs hold, hold no more, or left behind.</summary>
public sealed class MboxLockTests
{
    private const int SetLock = 6; // F_SETLK
    private const string Message = "Subject: hello\r\n\r\nbody\r\n";

    [Fact]
    public async Task Eight_deliveries_beside_foreign_holders_of_each_lock_never_interleave()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        DelivererRig.Put(rig.Mbox, "", DelivererRig.User);
        var dotLock = rig.Mbox + ".lock";
        DelivererRig.Put(dotLock, "1\n", DelivererRig.User);
        using var held = SafeFile.Open(rig.Mbox, Libc.O_RDWR);
        Assert.Equal(0, Libc.FLock((int)held.DangerousGetHandle(), Libc.LOCK_EX | Libc.LOCK_NB));

        var deliveries = Enumerable.Range(0, 8).Select(n => rig.DeliverAsync($"Subject: {n}\r\n\r\n{new string((char)('a' + n), 100_000)}\r\n")).ToArray();
        Assert.DoesNotContain(deliveries, d => d.IsCompleted);
        new FileInfo(dotLock).Delete();
        var whole = new Libc.FileLock { Type = Libc.F_WRLCK };
        Assert.Equal(0, Libc.FcntlLock((int)held.DangerousGetHandle(), SetLock, ref whole)); // the classic kind, of a reader
        Assert.Equal(0, Libc.FLock((int)held.DangerousGetHandle(), Libc.LOCK_UN));
        Assert.Equal("", DelivererRig.Read(rig.Mbox)); // closes the file and with it, by fcntl's rules, gives up this process's lock

        Assert.All(await Task.WhenAll(deliveries), outcome => Assert.IsType<DeliveryOutcome.Delivered>(outcome));
        var entries = DelivererRig.Read(rig.Mbox).Split("From alice@example.net ")[1..];
        Assert.Equal(8, entries.Length);
        Assert.Equal(8, entries.Count(entry => entry.Split("\n\n") is [_, { Length: 100_000 } body, ""] && body.Distinct().Count() == 1));
        Assert.Equal([rig.Mbox], Directory.GetFiles(rig.Spool));
    }

    [Fact]
    public async Task A_second_delivery_to_the_mailbox_waits_for_the_first_and_another_users_does_not()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        var first = await rig.PreparedAsync(Message);
        var second = rig.PreparedAsync(Message);

        Assert.IsType<DeliveryOutcome.Delivered>(await rig.DeliverAsync(Message, user: DelivererRig.OtherUser));
        Assert.False(second.IsCompleted);
        Assert.IsType<DeliveryOutcome.Delivered>(await rig.Client.CommitAsync(first));

        Assert.IsType<DeliveryOutcome.Delivered>(await rig.Client.CommitAsync(await second));
    }

    [Fact]
    public async Task When_the_holder_of_a_lock_is_killed_the_delivery_goes_on()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        DelivererRig.Put(rig.Mbox, "", DelivererRig.User);
        var script = "open F, '+<', shift; flock F, 2; $| = 1; print \"locked\"; <STDIN>";
        using var holder = Process.Start(new ProcessStartInfo(OutsideProgram.Require("perl"), ["-e", script, rig.Mbox])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        Assert.Equal('l', holder.StandardOutput.Read());
        var delivery = rig.DeliverAsync(Message);

        holder.Kill();

        Assert.IsType<DeliveryOutcome.Delivered>(await delivery);
    }

    [Theory]
    [InlineData("999999999\n", 1)] // of a process that is gone
    [InlineData("", 11)]
    [InlineData("1\n", 11)] // whoever it is, he forgot it
    public async Task A_stale_dot_lock_is_removed(string text, int minutes)
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        var dotLock = rig.Mbox + ".lock";
        DelivererRig.Put(dotLock, text, DelivererRig.OtherUser, mode: 0x1A4);
        Libc.Check(Libc.Chmod(rig.Spool, 0x1FF), rig.Spool);
        Age(dotLock, minutes);

        Assert.IsType<DeliveryOutcome.Delivered>(await rig.DeliverAsync(Message));

        Assert.False(new FileInfo(dotLock).Exists);
    }

    [Fact]
    public async Task A_stale_dot_lock_that_the_user_may_not_remove_is_no_more_than_none()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        Libc.Check(Libc.Chmod(rig.Spool, 0x1ED), rig.Spool);
        DelivererRig.Put(rig.Mbox + ".lock", "", "root");
        Age(rig.Mbox + ".lock", minutes: 11);

        Assert.IsType<DeliveryOutcome.Delivered>(await rig.DeliverAsync(Message));
    }

    [Fact]
    public async Task A_symbolic_link_as_dot_lock_is_a_lock_and_what_it_points_at_is_not_touched()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        var victim = Path.Join(rig.DirectoryPath, "victim");
        DelivererRig.Put(victim, "kept", "root");
        new FileInfo(rig.Mbox + ".lock").CreateAsSymbolicLink(victim);
        var delivery = rig.DeliverAsync(Message);
        Assert.IsType<DeliveryOutcome.Delivered>(await rig.DeliverAsync(Message, user: DelivererRig.OtherUser));
        Assert.False(delivery.IsCompleted);

        new FileInfo(rig.Mbox + ".lock").Delete();

        Assert.IsType<DeliveryOutcome.Delivered>(await delivery);
        Assert.Equal("kept", DelivererRig.Read(victim));
    }

    private static void Age(string path, int minutes) => new FileInfo(path).LastWriteTimeUtc = TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-minutes);
}

using Postoffice.Runner.Deliverer;
using Postoffice.Store.Native;

namespace Postoffice.Runner.Tests.Deliverer;

public sealed class MboxDeliveryTests
{
    private const string Message = "Subject: hello\r\n\r\nbody\r\n";

    [Fact]
    public async Task A_message_is_appended_with_its_From_line_and_line_ends_of_the_disk()
    {
        await using var rig = await DelivererRig.WithMboxAsync();

        Assert.IsType<DeliveryOutcome.Delivered>(await rig.DeliverAsync(Message));
        Assert.IsType<DeliveryOutcome.Delivered>(await rig.DeliverAsync(Message, sender: ""));

        var local = TimeZoneInfo.ConvertTime(DelivererRig.Noon, TimeZoneInfo.Local);
        Assert.Equal(
            $"From alice@example.net Mon Jun  1 {local:HH:mm:ss} 2026\nSubject: hello\n\nbody\n\n" +
            $"From MAILER-DAEMON Mon Jun  1 {local:HH:mm:ss} 2026\nSubject: hello\n\nbody\n\n", DelivererRig.Read(rig.Mbox));
        Assert.True(SafeFile.TryStat(rig.Mbox, out var file));
        Assert.Equal((SystemUser.Find(DelivererRig.User)!.Uid, 0x180u, true), (file.Uid, file.Permissions, file.IsRegular));
    }

    [Fact]
    public async Task Roots_own_mailbox_is_written_as_root()
    {
        await using var rig = await DelivererRig.WithMboxAsync();

        Assert.IsType<DeliveryOutcome.Delivered>(await rig.DeliverAsync(Message, user: "root"));

        Assert.True(SafeFile.TryStat(Path.Join(rig.Spool, "root"), out var file));
        Assert.Equal((0u, 0x180u), (file.Uid, file.Permissions));
    }

    [Fact]
    public async Task A_mailbox_in_a_directory_of_root_is_made_for_the_user_with_the_group_of_the_directory()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        Libc.Check(Libc.Chown(rig.Spool, 0, SystemUser.Find("mail")!.Gid), rig.Spool);
        Libc.Check(Libc.Chmod(rig.Spool, 0x5FD), rig.Spool); // 2775, Debian's /var/mail

        Assert.IsType<DeliveryOutcome.Delivered>(await rig.DeliverAsync(Message));

        Assert.True(SafeFile.TryStat(rig.Mbox, out var file));
        Assert.Equal((SystemUser.Find(DelivererRig.User)!.Uid, SystemUser.Find("mail")!.Gid, 0x180u), (file.Uid, file.Gid, file.Permissions));
        Assert.Equal([rig.Mbox], Directory.GetFiles(rig.Spool));
    }

    [Fact]
    public async Task An_aborted_delivery_leaves_the_mailbox_as_it_was_and_unlocked()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        var prepared = await rig.PreparedAsync(Message);

        await rig.Client.AbortAsync(prepared);

        Assert.Equal("", DelivererRig.Read(rig.Mbox));
        Assert.Equal([rig.Mbox], Directory.GetFiles(rig.Spool));
        Assert.IsType<DeliveryOutcome.Delivered>(await rig.DeliverAsync(Message));
    }

    [Fact]
    public async Task An_unknown_user_is_a_permanent_failure()
    {
        await using var rig = await DelivererRig.WithMboxAsync();

        var failed = Assert.IsType<PrepareResult.Failed>(await rig.PrepareAsync(Message, user: "nobody-of-this-name"));

        Assert.Equal("5.1.1", failed.Failure.Status.ToString());
    }

    [Theory] // A13
    [InlineData("../games")]
    [InlineData("mail/games")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("-games")]
    [InlineData("games\0")]
    [InlineData("games ")]
    [InlineData("games.")]
    [InlineData("GAMES")]
    [InlineData("games\n")]
    [InlineData("../../x@vd")]
    public async Task A_name_that_is_not_the_users_to_the_letter_never_becomes_a_path(string name)
    {
        await using var rig = await DelivererRig.WithMboxAsync();

        var failed = Assert.IsType<PrepareResult.Failed>(await rig.PrepareAsync(Message, user: name));

        Assert.Equal("5.1.1", failed.Failure.Status.ToString());
        Assert.Empty(Directory.GetFileSystemEntries(rig.Spool));
    }

    [Fact]
    public async Task A_mailbox_that_another_program_left_torn_does_not_swallow_the_next_message()
    {
        await using var rig = await DelivererRig.WithMboxAsync();
        DelivererRig.Put(rig.Mbox, "From x Mon Jun  1 12:00:00 2026\n\nhalf a li", DelivererRig.User);

        Assert.IsType<DeliveryOutcome.Delivered>(await rig.DeliverAsync(Message));

        Assert.Contains("half a li\n\nFrom alice@example.net ", DelivererRig.Read(rig.Mbox));
    }
}

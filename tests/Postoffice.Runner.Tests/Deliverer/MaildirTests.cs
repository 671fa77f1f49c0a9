using Postoffice.Runner.Deliverer;
using Postoffice.Runner.Routing;
using Postoffice.Runner.Scheduling;
using Postoffice.Runner.Transports;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Native;
using Postoffice.Store.Queue;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Deliverer;

public sealed class MaildirTests
{
    private const string Message = "Subject: hello\r\n\r\nFrom here\r\nlast";

    [Fact]
    public async Task A_message_is_written_in_tmp_and_moves_to_new_with_the_commit()
    {
        await using var rig = await DelivererRig.WithMaildirAsync();
        var maildir = MaildirOf(rig);
        var request = rig.Request();
        var prepared = Assert.IsType<PrepareResult.Prepared>(await rig.PrepareAsync(request, Message));

        var file = Assert.Single(Files(maildir, "tmp"));
        Assert.Empty(Files(maildir, "new"));
        Assert.IsType<DeliveryOutcome.Delivered>(await rig.Client.CommitAsync(prepared));

        Assert.Empty(Files(maildir, "tmp"));
        Assert.Equal(file, Assert.Single(Files(maildir, "new")));
        Assert.Contains($"{request.Id}-1-1.", file);
        Assert.Equal("Subject: hello\n\nFrom here\nlast", DelivererRig.Read(Path.Join(maildir, "new", file)));
        Assert.True(SafeFile.TryStat(Path.Join(maildir, "new", file), out var stat));
        Assert.Equal((SystemUser.Find(DelivererRig.User)!.Uid, 0x180u), (stat.Uid, stat.Permissions));
    }

    [Fact]
    public async Task An_aborted_delivery_leaves_nothing()
    {
        await using var rig = await DelivererRig.WithMaildirAsync();
        var maildir = MaildirOf(rig);

        await rig.Client.AbortAsync(await rig.PreparedAsync(Message));

        Assert.Empty(Directory.GetFiles(maildir, "*", SearchOption.AllDirectories));
    }

    [Fact] // F08, S02
    public async Task A_file_in_tmp_whose_intent_was_committed_is_renamed_after_the_crash()
    {
        await using var rig = await DelivererRig.WithMaildirAsync();
        var maildir = MaildirOf(rig);
        var id = rig.NextId();
        var prepared = await rig.PreparedAsync(Message, id: id);

        await rig.KillAndRestartAsync();
        Assert.IsType<DeliveryOutcome.Delivered>(await rig.Client.RecoverAsync(DelivererRig.User, id, prepared.Evidence, default));
        Assert.IsType<DeliveryOutcome.Delivered>(await rig.Client.RecoverAsync(DelivererRig.User, id, prepared.Evidence, default));

        Assert.Single(Files(maildir, "new"));
        Assert.Empty(Files(maildir, "tmp"));
    }

    [Fact]
    public async Task A_file_that_could_not_be_renamed_stays_so_that_a_crash_before_the_outcome_loses_nothing()
    {
        await using var rig = await DelivererRig.WithMaildirAsync();
        var maildir = MaildirOf(rig);
        var id = rig.NextId();
        var prepared = await rig.PreparedAsync(Message, id: id);
        var file = Assert.Single(Files(maildir, "tmp"));
        var inTheWay = Path.Join(maildir, "new", file);
        Directory.CreateDirectory(inTheWay);

        Assert.False(Assert.IsType<DeliveryOutcome.Failed>(await rig.Client.CommitAsync(prepared)).Failure.IsPermanent);
        await rig.KillAndRestartAsync(); // the runner recorded no outcome either
        Directory.Delete(inTheWay);

        Assert.IsType<DeliveryOutcome.Delivered>(await rig.Client.RecoverAsync(DelivererRig.User, id, prepared.Evidence, default));
        Assert.Equal(file, Assert.Single(Files(maildir, "new")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_that_a_reader_moved_or_deleted_was_delivered(bool moved)
    {
        await using var rig = await DelivererRig.WithMaildirAsync();
        var maildir = MaildirOf(rig);
        var id = rig.NextId();
        var prepared = await rig.PreparedAsync(Message, id: id);
        Assert.IsType<DeliveryOutcome.Delivered>(await rig.Client.CommitAsync(prepared));
        var file = new FileInfo(Path.Join(maildir, "new", Assert.Single(Files(maildir, "new"))));
        if (moved) file.MoveTo(Path.Join(maildir, "cur", file.Name + ":2,S"));
        else file.Delete();

        Assert.IsType<DeliveryOutcome.Delivered>(await rig.Client.RecoverAsync(DelivererRig.User, id, prepared.Evidence, default));
    }

    [Fact]
    public async Task In_another_folder_than_the_one_written_to_a_missing_file_proves_nothing()
    {
        await using var rig = await DelivererRig.WithMaildirAsync();
        var maildir = MaildirOf(rig);
        var id = rig.NextId();
        var prepared = await rig.PreparedAsync(Message, id: id);
        Directory.Move(maildir, maildir + ".away"); // as if the home were not mounted

        Assert.IsType<DeliveryOutcome.Failed>(await rig.Client.RecoverAsync(DelivererRig.User, id, prepared.Evidence, default));
        await rig.DeliverAsync(Message);
        Assert.IsType<DeliveryOutcome.InDoubt>(await rig.Client.RecoverAsync(DelivererRig.User, id, prepared.Evidence, default));
    }

    [Fact]
    public async Task Content_that_breaks_off_leaves_nothing_in_tmp()
    {
        await using var rig = await DelivererRig.WithMaildirAsync();
        var maildir = MaildirOf(rig);
        var pipe = new System.IO.Pipelines.Pipe();
        await pipe.Writer.WriteAsync("Subject: hello\r\n"u8.ToArray());
        await pipe.Writer.CompleteAsync(new IOException("the store is gone"));

        await Assert.ThrowsAsync<IOException>(() => rig.Client.PrepareAsync(rig.Request(), pipe.Reader, default));

        Assert.IsType<DeliveryOutcome.Delivered>(await rig.DeliverAsync(Message)); // the abort before it has been worked off or it waits in tmp
        Assert.Empty(Files(maildir, "tmp"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_whose_intent_may_yet_come_back_stays_and_one_without_an_intent_goes(bool mayComeBack)
    {
        await using var rig = await DelivererRig.WithMaildirAsync();
        var maildir = MaildirOf(rig);
        using var temp = new TempStore();
        var id = await temp.Store.AcceptAsync(default, null, "bob@example.test");
        var message = QueuedMessage.Fold(id, await temp.Store.Events.ReadAsync(StreamId.Message(id), 0, default))!;
        Exception trouble = mayComeBack ? new StoreUnavailableException(StoreTrouble.Broken, "a sync failed") : new LeaseLostException();
        AttemptRoute? intended = null;
        var attempt = new Attempt(message, 1, [.. message.Recipients.Values], new Route.Mailbox(DelivererRig.User))
        {
            IntendAsync = (route, _) =>
            {
                intended = route;
                return Task.FromException<ValueList<int>>(trouble);
            },
        };
        var transport = new MailboxTransport(rig.Client, temp.Store.Content, TimeProvider.System);

        Assert.Same(trouble, await Assert.ThrowsAnyAsync<Exception>(() => transport.DeliverAsync(attempt, default)));

        Assert.Equal(mayComeBack ? [intended!.Mailbox!.Name!] : [], Files(maildir, "tmp"));
        Assert.Empty(Files(maildir, "new"));
    }

    [Fact]
    public async Task Sweeping_removes_only_old_files_of_ours_without_an_intent()
    {
        await using var rig = await DelivererRig.WithMaildirAsync();
        var maildir = MaildirOf(rig);
        await rig.PreparedAsync(Message);
        var open = await rig.PreparedAsync(Message);
        await rig.KillAndRestartAsync();
        foreach (var name in Files(maildir, "tmp")) Age(Path.Join(maildir, "tmp", name));
        DelivererRig.Put(Path.Join(maildir, "tmp", "1780000000.M1P1.elsewhere"), "", DelivererRig.User);
        Age(Path.Join(maildir, "tmp", "1780000000.M1P1.elsewhere"));
        await rig.PreparedAsync(Message); // young
        var kept = ((MailboxEvidence.Maildir)open.Evidence).Name;

        Assert.Equal(1, await rig.Client.SweepAsync(DelivererRig.User, [kept], default));

        Assert.Equal(3, Files(maildir, "tmp").Length);
        Assert.Contains(kept, Files(maildir, "tmp"));
    }

    [Theory]
    [InlineData("root", 0x1FFu, "belongs to uid 0")]
    [InlineData(DelivererRig.User, 0x1FFu, "writable by everybody")]
    public async Task A_folder_that_others_own_or_may_write_is_refused(string owner, uint mode, string reason)
    {
        await using var rig = await DelivererRig.WithMaildirAsync();
        var maildir = MaildirOf(rig);
        rig.MakeDirectory($"home/{DelivererRig.User}/Maildir", 0x1C0, DelivererRig.User);
        rig.MakeDirectory($"home/{DelivererRig.User}/Maildir/new", mode, owner);

        var failed = Assert.IsType<PrepareResult.Failed>(await rig.PrepareAsync(Message));

        Assert.False(failed.Failure.IsPermanent);
        Assert.Contains(reason, failed.Failure.Reason);
        Assert.Empty(Directory.GetFiles(maildir, "*", SearchOption.AllDirectories));
    }

    private static string MaildirOf(DelivererRig rig) => Path.Join(rig.HomeOf(DelivererRig.User), "Maildir");

    private static string[] Files(string maildir, string folder) =>
        [.. Directory.GetFiles(Path.Join(maildir, folder)).Select(Path.GetFileName).OfType<string>()];

    private static void Age(string path) => new FileInfo(path).LastWriteTimeUtc = TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-37);
}

using Postoffice.Runner.Routing;
using Postoffice.Runner.Scheduling;
using Postoffice.Runner.Tests.Deliverer;
using Postoffice.Runner.Transports;
using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using Postoffice.Testing;

namespace Postoffice.Runner.Tests.Transports;

/// <summary>From the store into a real mailbox, and what is there when the deliverer is killed on the way.</summary>
public sealed class MailboxTransportTests : IDisposable
{
    private const string Address = DelivererRig.User + "@example.test";
    private readonly TempStore temp = new();
    private AttemptRoute? intent;

    public void Dispose() => temp.Dispose();

    [Fact]
    public async Task Return_Path_and_Delivered_To_stand_in_front_once_each_whatever_the_author_wrote()
    {
        await using var rig = await DelivererRig.WithMaildirAsync();
        var maildir = MaildirOf(rig);
        var content = $"Delivered-To: {Address}\r\nReturn-Path: <forged@example.org>\r\nSubject: x\r\n\r\nhello\r\n";

        var report = await DeliverAsync(rig, await MessageAsync(content, Address));

        Assert.IsType<RecipientResult.Delivered>(report!.Results.Single());
        Assert.Equal(
            $"Return-Path: <alice@example.net>\nDelivered-To: {Address}\n{content.Replace("\r\n", "\n", StringComparison.Ordinal)}",
            DelivererRig.Read(Assert.Single(Directory.GetFiles(Path.Join(maildir, "new")))));
    }

    [Fact]
    public async Task Each_recipient_of_one_mailbox_gets_a_copy_of_its_own_that_names_nobody_else()
    {
        await using var rig = await DelivererRig.WithMaildirAsync();
        var maildir = MaildirOf(rig);
        var message = await MessageAsync("Subject: x\r\n\r\nhello\r\n", Address, "GAMES@example.test");

        foreach (var recipient in message.Recipients.Values) await DeliverAsync(rig, message, recipient.Number);

        var copies = Directory.GetFiles(Path.Join(maildir, "new")).Select(DelivererRig.Read).ToList();
        Assert.Equal(2, copies.Count);
        Assert.All(message.Recipients.Values, recipient =>
            Assert.Single(copies, copy => copy.Contains($"\nDelivered-To: {recipient.Accepted.To}\n", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Killed_while_the_content_is_staged_nothing_was_begun_and_the_next_try_delivers_once(bool isMaildir)
    {
        await using var rig = await (isMaildir ? DelivererRig.WithMaildirAsync() : DelivererRig.WithMboxAsync());
        var home = MaildirOf(rig);
        var message = await MessageAsync("Subject: x\r\n\r\n" + new string('x', 300_000) + "\r\n", Address);

        var report = await DeliverAsync(rig, message, content: new CutContent(temp.Store.Content, rig.KillAsync));

        Assert.IsType<RecipientResult.Interrupted>(report!.Results.Single());
        Assert.Null(intent!.Mailbox); // nothing that a mailbox would have to be asked about
        await rig.RestartAsync();
        Assert.IsType<RecipientResult.Delivered>((await DeliverAsync(rig, message))!.Results.Single());
        Assert.Equal(1, Copies(rig, home));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Killed_after_the_intent_is_committed_the_mailbox_tells_and_the_message_is_there_once(bool isMaildir)
    {
        await using var rig = await (isMaildir ? DelivererRig.WithMaildirAsync() : DelivererRig.WithMboxAsync());
        var home = MaildirOf(rig);
        var message = await MessageAsync("Subject: x\r\n\r\nhello\r\n", Address);

        await Assert.ThrowsAsync<DelivererEndedException>(() => DeliverAsync(rig, message, atIntent: rig.KillAsync));

        await rig.RestartAsync();
        var told = await Transport(rig).RecallAsync(message.Id, 1, intent!, default);
        if (told is RecipientResult.Interrupted) told = (await DeliverAsync(rig, message))!.Results.Single();
        Assert.IsType<RecipientResult.Delivered>(told);
        Assert.Equal(1, Copies(rig, home));
    }

    [Fact]
    public async Task A_mailbox_that_cannot_be_written_to_puts_off_in_our_own_words()
    {
        await using var rig = await DelivererRig.WithMaildirAsync();
        rig.MakeDirectory($"home/{DelivererRig.User}/Maildir", 0x1C0, DelivererRig.User);
        rig.MakeDirectory($"home/{DelivererRig.User}/Maildir/new", 0x1FF, DelivererRig.User);

        var report = await DeliverAsync(rig, await MessageAsync("Subject: x\r\n\r\nhello\r\n", Address));

        var putOff = Assert.IsType<RecipientResult.PutOff>(report!.Results.Single());
        Assert.Contains("writable by everybody", putOff.Reason);
        Assert.Equal((4, null), (putOff.Status!.Value.Class, putOff.Reply));
    }

    private static string MaildirOf(DelivererRig rig) => Path.Join(rig.HomeOf(DelivererRig.User), "Maildir");

    private static int Copies(DelivererRig rig, string maildir) => Directory.Exists(maildir)
        ? Directory.GetFiles(Path.Join(maildir, "new")).Length
        : DelivererRig.Read(rig.Mbox).Split('\n').Count(line => line.StartsWith("From ", StringComparison.Ordinal));

    private MailboxTransport Transport(DelivererRig rig, IContentStore? content = null) => new(rig.Client, content ?? temp.Store.Content, TimeProvider.System);

    private async Task<QueuedMessage> MessageAsync(string content, params string[] to)
    {
        var id = await temp.Store.AcceptAsync(default, Octets.Of(content), to);
        return QueuedMessage.Fold(id, await temp.Store.Events.ReadAsync(StreamId.Message(id), 0, default))!;
    }

    private Task<AttemptReport?> DeliverAsync(
        DelivererRig rig, QueuedMessage message, int recipient = 1, IContentStore? content = null, Func<Task>? atIntent = null)
    {
        var attempt = new Attempt(message, 1, [message.Recipients[recipient]], new Route.Mailbox(DelivererRig.User))
        {
            IntendAsync = async (route, _) =>
            {
                intent = route;
                await (atIntent?.Invoke() ?? Task.CompletedTask);
                return [recipient];
            },
        };
        return Transport(rig, content).DeliverAsync(attempt, default);
    }

    /// <summary>Content that does something after its first octets were read.</summary>
    private sealed class CutContent(IContentStore inner, Func<Task> cut) : IContentStore
    {
        public IContentStaging Stage(QueueId message) => throw new NotSupportedException();

        public async ValueTask<Stream?> OpenAsync(QueueId message, CancellationToken ct)
        {
            await using var stream = (await inner.OpenAsync(message, ct))!;
            var all = new MemoryStream();
            await stream.CopyToAsync(all, ct);
            return new CutStream(all.ToArray(), cut);
        }

        private sealed class CutStream(byte[] octets, Func<Task> cut) : MemoryStream(octets)
        {
            private bool isCut;

            public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            {
                if (Position > Length / 2 && !isCut)
                {
                    isCut = true;
                    await cut();
                }
                return await base.ReadAsync(buffer[..Math.Min(buffer.Length, 1_000)], cancellationToken);
            }
        }
    }
}

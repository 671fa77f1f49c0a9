using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Log;

public sealed class EventLogTests : IDisposable
{
    private readonly TempStore temp = new();
    private readonly QueueId id = new QueueIdSource(TimeProvider.System).Next();

    public void Dispose() => temp.Dispose();

    [Fact]
    public async Task What_is_appended_is_read_back_equal()
    {
        var ct = TestContext.Current.CancellationToken;
        await using var staging = temp.Store.Content.Stage(id);
        await staging.WriteAsync("Subject: hi\r\n\r\nhello\r\n"u8.ToArray(), ct);
        var content = await staging.CompleteAsync(ct);
        var fact = new MessageAccepted(
            ReversePath.Parse("alice@example.net"),
            [new AcceptedRecipient(1, ForwardPath.Parse("bob@example.test"), Notify.Failure | Notify.Delay)],
            new MessageOrigin("ESMTP", "192.0.2.1", "client.example.net"),
            content.Length,
            content.Sha256);
        var result = await temp.Store.Events.AppendAsync(
            new Append(StreamId.Message(id), ExpectedVersion.NoStream, fact) { Content = content }, ct);
        Assert.Equal(new AppendResult.Appended(1), result);

        var read = Assert.Single(await temp.Store.Events.ReadAsync(StreamId.Message(id), 0, ct));
        Assert.Equal(fact, read.Fact);
        await using var stream = (await temp.Store.Content.OpenAsync(id, ct))!;
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, ct);
        Assert.Equal("Subject: hi\r\n\r\nhello\r\n"u8, copy.ToArray());
    }

    [Fact]
    public async Task A_stream_that_moved_on_refuses_the_append()
    {
        var ct = TestContext.Current.CancellationToken;
        var hold = new Append(StreamId.Message(id), ExpectedVersion.NoStream, new MessageHeld("alice", "to see"));
        Assert.IsType<AppendResult.Appended>(await temp.Store.Events.AppendAsync(hold, ct));
        Assert.Equal(new AppendResult.WrongVersion(StreamId.Message(id), 1), await temp.Store.Events.AppendAsync(hold, ct));
    }
}

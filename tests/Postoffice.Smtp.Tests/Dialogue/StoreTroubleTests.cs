using Postoffice.Store.Content;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Tests.Dialogue;

/// <summary>Our own trouble is 4yz, nothing is half accepted, and the session goes on (S07, S09).</summary>
public sealed class StoreTroubleTests
{
    private const string Message = "EHLO x\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<root@example.test>\r\nDATA\r\nx\r\n.\r\nRSET\r\nQUIT\r\n";

    [Theory]
    [InlineData(StoreTrouble.Busy, "451 4.3.0")]
    [InlineData(StoreTrouble.Full, "452 4.3.1")]
    [InlineData(StoreTrouble.Broken, "451 4.3.0")]
    [InlineData(StoreTrouble.Stopping, "421 4.3.2")]
    public async Task An_append_that_fails_is_told_as_temporary(StoreTrouble trouble, string expected)
    {
        using var listener = new TestListener(events: new FailingLog(trouble));
        var said = await listener.SayAsync(Message);
        Assert.Contains($"354 End data with <CR><LF>.<CR><LF>\n{expected}", said);
        Assert.DoesNotContain("accepted", said);
    }

    [Fact]
    public async Task A_421_ends_the_session_as_it_says()
    {
        using var listener = new TestListener(events: new FailingLog(StoreTrouble.Stopping));
        Assert.EndsWith("421 4.3.2 Shutting down, try again later\n", await listener.SayAsync(Message));
    }

    [Fact]
    public async Task Content_beyond_its_limit_is_too_large_also_when_the_store_is_full_by_then()
    {
        using var listener = new TestListener(content: new FailingContent(), settings: "size=10");
        await using var client = listener.Connect();
        await client.SendAsync(Testing.Octets.Of("EHLO x\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<root@example.test>\r\nDATA\r\ntext\r\n"));
        for (var reply = ""; reply?.StartsWith("354", StringComparison.Ordinal) is false;) reply = await client.ReplyAsync();
        Assert.StartsWith("552 5.3.4", await client.AskAsync("more text\r\n."));
    }

    [Fact]
    public async Task Content_that_cannot_be_stored_is_read_to_its_end_and_told_as_temporary()
    {
        using var listener = new TestListener(content: new FailingContent());
        var said = await listener.SayAsync(Message);
        Assert.Contains("\n452 4.3.1 Not enough space, try again later\n250 2.0.0 Ok\n221", said);
    }

    [Fact]
    public async Task A_full_disk_is_told_before_the_message_comes()
    {
        using var listener = new TestListener();
        var said = await listener.SayAsync($"EHLO x\r\nMAIL FROM:<a@example.net> SIZE={long.MaxValue / 2}\r\nMAIL FROM:<a@example.net>\r\nQUIT\r\n");
        Assert.EndsWith("452 4.3.1 Not enough space, try again later\n250 2.1.0 Sender ok\n221 2.0.0 Closing\n", said);
    }

    [Fact]
    public async Task The_250_follows_the_append_and_never_precedes_it()
    {
        var log = new WaitingLog();
        using var listener = new TestListener(events: log);
        await using var client = listener.Connect();
        await client.ReplyAsync();
        foreach (var line in (string[])["EHLO x", "MAIL FROM:<a@example.net>", "RCPT TO:<root@example.test>", "DATA", "x"])
        {
            if (line == "x") await client.SendAsync("x\r\n.\r\n"u8.ToArray());
            else await client.AskAsync(line);
        }
        await log.Asked.Task;
        var reply = client.ReplyAsync();

        Assert.False(reply.IsCompleted);
        log.Durable.SetResult(new AppendResult.Appended(1));
        Assert.EndsWith("accepted", await reply);
    }

    private sealed class FailingLog(StoreTrouble trouble) : StubLog
    {
        public override ValueTask<AppendResult> AppendAsync(Append append, CancellationToken ct) => throw new StoreUnavailableException(trouble, "told to fail");
    }

    private sealed class WaitingLog : StubLog
    {
        public TaskCompletionSource Asked { get; } = new();
        public TaskCompletionSource<AppendResult> Durable { get; } = new();

        public override ValueTask<AppendResult> AppendAsync(Append append, CancellationToken ct)
        {
            Asked.SetResult();
            return new(Durable.Task);
        }
    }

    private abstract class StubLog : IEventLog
    {
        public abstract ValueTask<AppendResult> AppendAsync(Append append, CancellationToken ct);
        public ValueTask<IReadOnlyList<RecordedEvent>> ReadAsync(StreamId stream, int after, CancellationToken ct) => new([]);
        public ValueTask<IReadOnlyList<RecordedEvent>> ReadAllAsync(long after, int limit, CancellationToken ct) => new([]);
        public ValueTask<long> LastPositionAsync(CancellationToken ct) => new(0);
    }

    private sealed class FailingContent : IContentStore, IContentStaging
    {
        public long Length => 0;
        public IContentStaging Stage(QueueId message) => this;
        public ValueTask<Stream?> OpenAsync(QueueId message, CancellationToken ct) => new((Stream?)null);
        public Memory<byte> GetMemory() => new byte[1];
        public ValueTask AdvanceAsync(int count, CancellationToken ct) => throw new StoreUnavailableException(StoreTrouble.Full, "told to fail");
        public ValueTask<StagedContent> CompleteAsync(CancellationToken ct) => throw new InvalidOperationException();
        public ValueTask DisposeAsync() => default;
    }
}

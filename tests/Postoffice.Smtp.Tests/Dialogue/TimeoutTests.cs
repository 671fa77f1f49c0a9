using System.IO.Pipelines;
using Microsoft.Extensions.Time.Testing;
using Postoffice.Smtp.Dialogue;
using Postoffice.Smtp.Intake;
using Postoffice.Smtp.Listening;
using Postoffice.Testing;

namespace Postoffice.Smtp.Tests.Dialogue;

/// <summary>Every wait ends: RFC 5321 §4.5.3.2.</summary>
public sealed class TimeoutTests
{
    private readonly WatchedClock clock = new();

    [Fact]
    public async Task Silence_before_a_command_ends_the_session_with_421()
    {
        using var listener = new TestListener(clock, settings: "timeout=300");
        await using var client = listener.Connect();
        Assert.StartsWith("220", await client.ReplyAsync());

        await PassAsync(TimeSpan.FromSeconds(301));

        Assert.Equal("421 4.4.2 Timed out", await client.ReplyAsync());
        Assert.Null(await client.ReplyAsync());
    }

    [Fact]
    public async Task A_command_that_dribbles_has_no_more_time_than_one_that_comes_at_once()
    {
        using var listener = new TestListener(clock, settings: "timeout=300");
        await using var client = listener.Connect();
        await client.ReplyAsync();
        for (var i = 0; i < 4; i++)
        {
            await SendAsync(client, "N"u8.ToArray());
            await PassAsync(TimeSpan.FromSeconds(76));
        }

        Assert.Equal("421 4.4.2 Timed out", await client.ReplyAsync());
    }

    [Fact]
    public async Task Silence_inside_content_ends_the_session_and_nothing_is_accepted()
    {
        using var listener = new TestListener(clock, settings: ["data-timeout=60"]);
        await using var client = await InContentAsync(listener);

        await PassAsync(TimeSpan.FromSeconds(61));

        Assert.Equal("421 4.4.2 Timed out", await client.ReplyAsync());
        Assert.Empty(await listener.AcceptedAsync());
    }

    [Fact]
    public async Task A_message_that_dribbles_ends_at_the_limit_of_the_whole()
    {
        using var listener = new TestListener(clock, settings: ["data-timeout=60", "message-timeout=300"]);
        await using var client = await InContentAsync(listener);
        for (var i = 0; i < 6; i++)
        {
            await SendAsync(client, "x"u8.ToArray());
            await PassAsync(TimeSpan.FromSeconds(51));
        }

        Assert.Equal("421 4.4.2 Timed out", await client.ReplyAsync());
    }

    [Fact]
    public async Task Chunks_share_the_limit_of_the_whole_and_so_do_the_pauses_between_them()
    {
        using var listener = new TestListener(clock, settings: ["message-timeout=300", "timeout=300"]);
        await using var client = await InContentAsync(listener, begin: null);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("250 2.0.0 Chunk taken", await client.AskAsync("BDAT 3\r\nx"));
            await PassAsync(TimeSpan.FromSeconds(51));
        }
        Assert.Equal("250 2.0.0 Chunk taken", await client.AskAsync("BDAT 3\r\nx"));

        await PassAsync(TimeSpan.FromSeconds(46));

        Assert.Equal("421 4.4.2 Timed out", await client.ReplyAsync());
        Assert.Null(await client.ReplyAsync());
    }

    [Fact]
    public async Task Each_message_has_the_whole_limit()
    {
        using var listener = new TestListener(clock, settings: ["message-timeout=300", "timeout=300"]);
        await using var client = await InContentAsync(listener, begin: null);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("250 2.0.0 Chunk taken", await client.AskAsync("BDAT 3\r\nx"));
            await PassAsync(TimeSpan.FromSeconds(200));
            foreach (var line in (string[])["RSET", "MAIL FROM:<a@example.net>", "RCPT TO:<root@example.test>"]) Assert.StartsWith("250", await client.AskAsync(line));
        }
    }

    [Fact]
    public async Task Who_sends_without_a_pause_is_bounded_by_the_limit_of_the_whole_too()
    {
        var pipe = new Pipe();
        using var wire = new SessionWire(new Ends(pipe), SocketThreads.LeaveAsync, clock);
        var reader = new ContentReader(wire, content: null, TimeSpan.FromSeconds(60), Deadline.In(TimeSpan.FromSeconds(300), clock), clock);
        await pipe.Writer.WriteAsync("xx"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal(WireRead.Octets, await reader.ReadCountedAsync(1));
        clock.Advance(TimeSpan.FromSeconds(301));
        Assert.Equal(WireRead.TimedOut, await reader.ReadCountedAsync(1));
    }

    [Fact]
    public async Task Replies_that_nobody_reads_do_not_pile_up()
    {
        using var listener = new TestListener(clock, settings: "timeout=300");
        await using var client = await InContentAsync(listener, begin: null);
        var flood = string.Concat(Enumerable.Repeat("BDAT 2\r\n\r\n", 100_000));
        await UntilAsync(() => clock.IsArmed);
        var before = clock.Arms;
        _ = client.SendAsync(Octets.Of(flood)); // all of it is there at once, so the session never waits for more; it is never all taken
        await UntilAsync(() => clock.Arms > before);
        await PassAsync(TimeSpan.FromSeconds(301));
        var said = await client.EndAsync();
        Assert.InRange(said.Split('\n').Length, 10_000, 60_000); // what fits the way to the client, 1 MiB, and little more
    }

    private static async Task<TestClient> InContentAsync(TestListener listener, string? begin = "DATA")
    {
        var client = listener.Connect();
        await client.ReplyAsync();
        foreach (var line in (string[])["EHLO x", "MAIL FROM:<a@example.net>", "RCPT TO:<root@example.test>"]) await client.AskAsync(line);
        if (begin is not null) await client.AskAsync(begin);
        return client;
    }

    /// <summary>Sends, and waits until the session has taken it and waits again.</summary>
    private async Task SendAsync(TestClient client, byte[] octets)
    {
        await UntilAsync(() => clock.IsArmed);
        var before = clock.Arms;
        await client.SendAsync(octets);
        await UntilAsync(() => clock.Arms > before);
    }

    private async Task PassAsync(TimeSpan time)
    {
        await UntilAsync(() => clock.IsArmed);
        clock.Advance(time);
    }

    private static async Task UntilAsync(Func<bool> reached)
    {
        while (!reached()) await Task.Yield();
    }

    private sealed record Ends(Pipe Pipe) : IDuplexPipe
    {
        public PipeReader Input => Pipe.Reader;
        public PipeWriter Output => Pipe.Writer;
    }

    /// <summary>A clock that tells when a session has set its alarm, so that no test advances time too early.</summary>
    private sealed class WatchedClock() : FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56))
    {
        private volatile int arms;
        private volatile bool armed;

        public int Arms => arms;
        public bool IsArmed => armed;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new Watched(base.CreateTimer(callback, state, dueTime, period), this);

        private sealed class Watched(ITimer timer, WatchedClock clock) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                var changed = timer.Change(dueTime, period);
                clock.armed = dueTime != Timeout.InfiniteTimeSpan;
                if (clock.armed) Interlocked.Increment(ref clock.arms);
                return changed;
            }

            public void Dispose() => timer.Dispose();
            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }
}

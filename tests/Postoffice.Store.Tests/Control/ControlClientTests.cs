using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Postoffice.Store.Control;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Control;

/// <summary>A service that does not answer as it should: who asked hears which one, and that it may have acted.</summary>
public sealed class ControlClientTests : IDisposable
{
    private readonly TempDirectory directory = new();
    private readonly Socket service = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly WatchedClock clock = new();

    public ControlClientTests()
    {
        service.Bind(new UnixDomainSocketEndPoint(Path));
        service.Listen(1);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Path => directory.File("runner.sock");

    public void Dispose()
    {
        service.Dispose();
        directory.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_service_that_ends_before_it_answers_may_have_done_what_was_asked(bool hasRead)
    {
        using var client = await ConnectAsync();
        using var peer = await service.AcceptAsync(Ct);
        var asked = AskAsync(client);
        // What closes with octets unread resets the connection, as the death of a process does.
        await peer.ReceiveAsync(hasRead ? new byte[4_096] : new byte[1], SocketFlags.None, Ct);
        peer.Close();

        Assert.Equal($"{Path}: the service ended before its answer did; it may have done what was asked.", (await asked).Message);
    }

    [Fact]
    public async Task A_service_that_stands_still_is_named()
    {
        using var client = await ConnectAsync();
        using var peer = await service.AcceptAsync(Ct);
        var asked = AskAsync(client);
        await peer.ReceiveAsync(new byte[4_096], SocketFlags.None, Ct);
        while (!asked.IsCompleted) // it may begin to wait after we have read
        {
            clock.Advance(TimeSpan.FromSeconds(60));
            await Task.Yield();
        }

        Assert.Equal(
            $"{Path}: the service was silent for 60 s; it stands still or has too much to do, and may still do what was asked.", (await asked).Message);
    }

    [Fact]
    public async Task Who_has_waited_for_two_seconds_is_told_once_what_for_and_how_long_at_most()
    {
        var told = new TaskCompletionSource<string>();
        using var client = await ConnectAsync(told.SetResult); // which throws the second time
        using var peer = await service.AcceptAsync(Ct);
        var asked = AnswersAsync(client, new ControlRequest(ControlRequest.Hold));
        await clock.Wondering.WaitAsync(Ct);
        clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(told.Task.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal($"{Path}: waiting for the service to answer, 60 s at most.", await told.Task);

        await peer.SendAsync("{\"said\":\"one\"}\n{\"said\":\"two\"}\n{\"end\":{\"exitCode\":0}}\n"u8.ToArray(), Ct);
        Assert.Equal(3, await asked);
    }

    [Fact]
    public async Task A_service_that_stands_still_in_the_middle_of_its_answer_is_told_of()
    {
        var told = new TaskCompletionSource<string>();
        using var client = await ConnectAsync(told.SetResult);
        using var peer = await service.AcceptAsync(Ct);
        var asked = AnswersAsync(client, new ControlRequest(ControlRequest.Hold));
        await peer.SendAsync("{\"said\":\"one\"}\n"u8.ToArray(), Ct);
        await clock.Wondering.WaitAsync(Ct);
        await clock.Wondering.WaitAsync(Ct); // it waits for the second
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Contains("60 s at most", await told.Task);

        await peer.SendAsync("{\"end\":{\"exitCode\":0}}\n"u8.ToArray(), Ct);
        Assert.Equal(2, await asked);
    }

    [Fact]
    public async Task In_a_conversation_the_peers_silence_is_not_told_as_the_services()
    {
        var heard = new TaskCompletionSource();
        using var client = await ConnectAsync(sentence => Assert.Fail(sentence));
        using var peer = await service.AcceptAsync(Ct);
        var asked = AnswersAsync(client, new ControlRequest(ControlRequest.Run, Verbose: true), heard.SetResult);
        await peer.SendAsync("{\"said\":\"220 hi\"}\n"u8.ToArray(), Ct);
        await heard.Task;
        clock.Advance(TimeSpan.FromSeconds(20));
        await peer.SendAsync("{\"said\":\"250 ok\"}\n{\"end\":{\"exitCode\":0}}\n"u8.ToArray(), Ct);

        Assert.Equal(3, await asked);
    }

    private static async Task<int> AnswersAsync(ControlClient client, ControlRequest request, Action? first = null)
    {
        var count = 0;
        await foreach (var _ in client.AskAsync(request, Ct))
        {
            if (++count == 1) first?.Invoke();
        }
        return count;
    }

    private static Task<IOException> AskAsync(ControlClient client) => Assert.ThrowsAsync<IOException>(async () =>
    {
        await foreach (var _ in client.AskAsync(new ControlRequest(ControlRequest.Queue), Ct)) Assert.Fail("nothing was answered");
    });

    private async Task<ControlClient> ConnectAsync(Action<string>? tell = null)
    {
        var (client, why) = await ControlClient.ConnectAsync(Path, clock, Ct, tell);
        while (clock.Wondering.Wait(0, Ct)) { } // that was for the connection
        Assert.NotNull(client);
        Assert.Equal("", why);
        return client;
    }

    /// <summary>Knows when the client has begun to wait for the moment at which it tells.</summary>
    private sealed class WatchedClock : FakeTimeProvider
    {
        public SemaphoreSlim Wondering { get; } = new(0);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime == TimeSpan.FromSeconds(2)) Wondering.Release();
            return timer;
        }
    }
}

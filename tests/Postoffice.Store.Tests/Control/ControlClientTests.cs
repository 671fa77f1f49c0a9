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
    private readonly FakeTimeProvider clock = new();

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

    private static Task<IOException> AskAsync(ControlClient client) => Assert.ThrowsAsync<IOException>(async () =>
    {
        await foreach (var _ in client.AskAsync(new ControlRequest(ControlRequest.Queue), Ct)) Assert.Fail("nothing was answered");
    });

    private async Task<ControlClient> ConnectAsync()
    {
        var (client, why) = await ControlClient.ConnectAsync(Path, clock, Ct);
        Assert.NotNull(client);
        Assert.Equal("", why);
        return client;
    }
}

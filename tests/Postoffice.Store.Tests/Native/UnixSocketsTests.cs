using System.Net.Sockets;
using Postoffice.Store.Native;
using Postoffice.Testing;

namespace Postoffice.Store.Tests.Native;

/// <summary>A listener that takes nobody must not make anybody wait for ever.</summary>
public sealed class UnixSocketsTests : IDisposable
{
    private readonly TempDirectory directory = new();
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<Socket> waiting = [];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Name => directory.File("s");

    public void Dispose()
    {
        foreach (var socket in waiting) socket.Dispose();
        listener.Dispose();
        directory.Dispose();
    }

    [Fact]
    public void A_socket_whose_owner_takes_nobody_is_answered_all_the_same()
    {
        ListenAndFill();
        Assert.True(UnixSockets.IsAnswered(Name));
    }

    [Fact]
    public void What_a_dead_owner_left_is_not_answered()
    {
        listener.Bind(new UnixDomainSocketEndPoint(Name));
        Assert.False(UnixSockets.IsAnswered(Name));
    }

    [Fact]
    public async Task Patience_with_a_full_queue_has_an_end()
    {
        ListenAndFill();
        var late = await Assert.ThrowsAsync<SocketException>(() => UnixSockets.ConnectAsync(Name, TimeSpan.FromMilliseconds(100), TimeProvider.System, Ct));
        Assert.Equal(SocketError.TimedOut, late.SocketErrorCode);
    }

    [Fact]
    public async Task A_place_that_gets_free_is_taken()
    {
        ListenAndFill();
        var connecting = UnixSockets.ConnectAsync(Name, TimeSpan.FromSeconds(60), TimeProvider.System, Ct);
        (await listener.AcceptAsync(Ct)).Dispose();
        using var connected = await connecting;
        Assert.True(connected.Connected);
    }

    private void ListenAndFill()
    {
        listener.Bind(new UnixDomainSocketEndPoint(Name));
        listener.Listen(1);
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
            waiting.Add(socket);
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(Name));
            }
            catch (SocketException full) when (full.SocketErrorCode is SocketError.WouldBlock)
            {
                return;
            }
        }
    }
}

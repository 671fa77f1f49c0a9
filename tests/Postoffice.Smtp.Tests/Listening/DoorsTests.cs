using System.Net;
using System.Net.Sockets;
using Postoffice.Smtp.Listening;
using Postoffice.Testing;

namespace Postoffice.Smtp.Tests.Listening;

/// <summary>What a service manager hands over stands in for the setting of the same place and for nothing else.</summary>
public sealed class DoorsTests : IDisposable
{
    private readonly List<IDisposable> opened = [];

    public void Dispose()
    {
        foreach (var one in opened) one.Dispose();
    }

    [Fact]
    public void A_socket_handed_over_stands_in_for_its_own_setting_and_the_others_are_opened()
    {
        var handed = HandedOver(IPAddress.Loopback);
        var doors = Open([handed], $"127.0.0.1:{handed.Endpoint.Port}", "127.0.0.1:0,tls", "127.0.0.1:0,submission");

        Assert.Same(handed.Socket, doors[0].Socket);
        Assert.Equal([(false, false), (true, false), (false, true)], doors.Select(door => (door.Endpoint.Tls, door.Endpoint.Submission)));
    }

    [Fact]
    public void What_the_setting_says_of_the_place_holds_for_the_socket_handed_over()
    {
        var handed = HandedOver(IPAddress.Loopback);
        var text = $"127.0.0.1:{handed.Endpoint.Port},tls,submission";
        var door = Assert.Single(Open([handed], text));
        Assert.True(door.Endpoint is { Tls: true, Submission: true });
        Assert.Equal(text, door.Name);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("[::]")]
    [InlineData("0.0.0.0")]
    public void One_for_every_address_stands_in_for_each_way_to_say_so(string everywhere)
    {
        var handed = HandedOver(address: null);
        Assert.Single(Open([handed], $"{everywhere}:{handed.Endpoint.Port}"));
    }

    [Fact]
    public void One_that_contradicts_a_setting_is_told()
    {
        var handed = HandedOver(address: null);
        var refused = Assert.Throws<CannotListenException>(() => Open([handed], $"127.0.0.1:{handed.Endpoint.Port}"));
        Assert.Contains($"cannot listen on 127.0.0.1:{handed.Endpoint.Port}", refused.Message);
    }

    [Fact]
    public void A_default_gives_way_to_any_of_its_kind_and_the_other_kind_is_opened()
    {
        using var directory = new TempDirectory();
        var handed = HandedOver(IPAddress.Loopback);
        var doors = Doors.Open(
            [new ListenEndpoint(null, 25) { IsDefault = true }, new ListenEndpoint(null, 0, directory.File("submit.sock")) { IsDefault = true }], [handed]);
        opened.AddRange(doors);
        Assert.Equal([handed.Name, $"unix:{directory.File("submit.sock")}"], doors.Select(door => door.Name));
    }

    private IReadOnlyList<BoundSocket> Open(BoundSocket[] handed, params string[] settings)
    {
        var doors = Doors.Open([.. settings.Select(text => ListenEndpoint.TryParse(text, out var endpoint) ? endpoint : throw new FormatException(text))], handed);
        opened.AddRange(doors);
        return doors;
    }

    /// <param name="address">Null for every address of both families, as systemd opens <c>ListenStream=25</c>.</param>
    private BoundSocket HandedOver(IPAddress? address)
    {
        var socket = new Socket(address is null ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        opened.Add(socket);
        if (address is null) socket.DualMode = true;
        socket.Bind(new IPEndPoint(address ?? IPAddress.IPv6Any, 0));
        socket.Listen();
        var endpoint = new ListenEndpoint(address, ((IPEndPoint)socket.LocalEndPoint!).Port);
        return new BoundSocket(socket, endpoint, $"{endpoint}");
    }
}

using System.Net;
using System.Net.Sockets;
using Postoffice.Smtp.Listening;

namespace Postoffice.Smtp.Tests.Listening;

public sealed class DoorTests
{
    [Fact]
    public void A_client_of_the_network_is_never_judged_by_a_uid()
    {
        using var door = Doors.Open([new ListenEndpoint(IPAddress.Loopback, 0)])[0];
        using var without = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp); // never connected: it has no remote address
        Assert.Throws<SocketException>(() => Door.PeerOf(door, without));
    }
}

using System.Net;
using Postoffice.Runner.Routing;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Tests.Routing;

/// <summary>An IPv6 address that a translator turns into an IPv4 address (RFC 6052) is judged as that one is.</summary>
public sealed class PublicAddressesTests
{
    [Theory]
    [InlineData("64:ff9b::7f00:1")] // 127.0.0.1
    [InlineData("64:ff9b::a9fe:a9fe")] // 169.254.169.254
    [InlineData("64:ff9b::")] // 0.0.0.0
    [InlineData("64:ff9b::e000:5")] // 224.0.0.5
    [InlineData("64:ff9b:1::7f00:1")] // RFC 8215, at the end (/96)
    [InlineData("64:ff9b:1:7f00:0:100::")] // behind /48, around the octet of zero bits
    [InlineData("64:ff9b:1:a9:fe:a9fe::")] // behind /56
    [InlineData("64:ff9b:1:0:7f:0:100:0")] // behind /64
    [InlineData("64:ff9b:1:0:7f:0:100:1")] // what follows is ignored
    public void What_is_translated_to_our_own_doors_is_not_dialled(string address) => Assert.False(PublicAddresses.Contains(Address(address)));

    [Theory]
    [InlineData("64:ff9b::c000:201")] // 192.0.2.1
    [InlineData("64:ff9b::a00:19")] // 10.0.0.25: an internal DNS names hosts there
    [InlineData("64:ff9b:1::c000:201")]
    [InlineData("64:ff9b:1:c000:2:100::")]
    [InlineData("64:ff9b:2::7f00:1")] // no translator's prefix
    [InlineData("2001:db8::7f00:1")]
    public void What_is_translated_to_a_host_elsewhere_is_dialled(string address) => Assert.True(PublicAddresses.Contains(Address(address)));

    private static IPAddress Address(string text) =>
        AddressLiteral.TryParseAddress(text, out var address) ? address : throw new ArgumentException(text);
}

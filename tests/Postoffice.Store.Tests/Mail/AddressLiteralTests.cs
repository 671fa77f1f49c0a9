using System.Net;
using CsCheck;
using Postoffice.Store.Mail;
using Xunit;

namespace Postoffice.Store.Tests.Mail;

public sealed class AddressLiteralTests
{
    [Theory]
    [InlineData("[192.0.2.1]", "[192.0.2.1]")]
    [InlineData("[0.0.0.0]", "[0.0.0.0]")]
    [InlineData("[255.255.255.255]", "[255.255.255.255]")]
    [InlineData("[IPv6:2001:DB8::1]", "[IPv6:2001:db8::1]")]
    [InlineData("[ipv6:2001:db8:0:0:0:0:0:1]", "[IPv6:2001:db8::1]")]
    [InlineData("[IPv6:::1]", "[IPv6:::1]")]
    [InlineData("[IPv6:::]", "[IPv6:::]")]
    [InlineData("[IPv6:1::]", "[IPv6:1::]")]
    [InlineData("[IPv6:1:2:3:4:5:6:7::]", "[IPv6:1:2:3:4:5:6:7:0]")]
    [InlineData("[IPv6:64:ff9b::192.0.2.33]", "[IPv6:64:ff9b::c000:221]")]
    [InlineData("[IPv6:::ffff:192.0.2.1]", "[192.0.2.1]")]
    [InlineData("[IPv6:0:0:0:0:0:ffff:c000:0201]", "[192.0.2.1]")]
    public void A_literal_has_one_form(string text, string canonical)
    {
        Assert.True(AddressLiteral.TryParse(text, out var literal));
        Assert.Equal(canonical, literal.ToString());
        Assert.True(AddressLiteral.TryParse(canonical, out var again));
        Assert.Equal(literal, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[")]
    [InlineData("[]")]
    [InlineData("192.0.2.1")]
    [InlineData("[127.1]")]
    [InlineData("[2130706433]")]
    [InlineData("[0x7f.0.0.1]")]
    [InlineData("[0x7f.1]")]
    [InlineData("[0177.0.0.1]")]
    [InlineData("[192.0.2.01]")]
    [InlineData("[192.0.2.256]")]
    [InlineData("[192.0.2.1.5]")]
    [InlineData("[192.0.2.]")]
    [InlineData("[192.0..1]")]
    [InlineData("[192.0.2.+1]")]
    [InlineData("[ 192.0.2.1]")]
    [InlineData("[192.0.2.1 ]")]
    [InlineData("[192.0.2.1\0]")]
    [InlineData("[192.0.2.1]]")]
    [InlineData("[IPv6:::1\0]")]
    [InlineData("[2001:db8::1]")]
    [InlineData("[IPv6:]")]
    [InlineData("[IPv6::]")]
    [InlineData("[IPv6:192.0.2.1]")]
    [InlineData("[IPv6:fe80::1%eth0]")]
    [InlineData("[IPv6:fe80::1%1]")]
    [InlineData("[IPv6:1:2:3:4:5:6:7]")]
    [InlineData("[IPv6:1:2:3:4:5:6:7:8:9]")]
    [InlineData("[IPv6:1:2:3:4:5:6:7:8::]")]
    [InlineData("[IPv6:1:2:3:4::5:6:7:8]")]
    [InlineData("[IPv6:1::2::3]")]
    [InlineData("[IPv6:1:::2]")]
    [InlineData("[IPv6:1:]")]
    [InlineData("[IPv6::1]")]
    [InlineData("[IPv6:12345::]")]
    [InlineData("[IPv6:g::]")]
    [InlineData("[IPv6: ::1]")]
    [InlineData("[IPv6:192.0.2.1::]")]
    [InlineData("[IPv6:1:2:3:4:5:6:7:192.0.2.1]")]
    [InlineData("[IPv6:[::1]]")]
    [InlineData("[IPv6:::1/64]")]
    [InlineData("[x400:c=de]")]
    public void What_is_no_literal_is_refused(string text) => Assert.False(AddressLiteral.TryParse(text, out _));

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    public void A_bare_address_is_read(string text, string canonical)
    {
        Assert.True(AddressLiteral.TryParseAddress(text, out var address));
        Assert.Equal(canonical, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("localhost")]
    [InlineData("127.1")]
    [InlineData("[::1]")]
    [InlineData("IPv6:::1")]
    [InlineData("fe80::1%lo")]
    [InlineData("127.0.0.1:25")]
    public void What_is_no_bare_address_is_refused(string text) => Assert.False(AddressLiteral.TryParseAddress(text, out _));

    [Fact]
    public void Every_address_is_read_back_as_it_is_written() =>
        Gen.OneOf(Gen.Byte.Array[4], Gen.Byte.Array[16], Gen.OneOf(Gen.Const((byte)0), Gen.Byte).Array[16]).Sample(octets =>
        {
            var literal = AddressLiteral.From(new IPAddress(octets));
            Assert.True(AddressLiteral.TryParse(literal.ToString(), out var again));
            Assert.Equal(literal, again);
            Assert.True(AddressLiteral.TryParseAddress(literal.Address.ToString(), out var address));
            Assert.Equal(literal.Address, address);
        });
}

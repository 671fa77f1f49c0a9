using CsCheck;
using Postoffice.Admin.Sendmail;

namespace Postoffice.Admin.Tests.Sendmail;

/// <summary>C-CLI-30, RFC 5322 §3.4 and its obsolete forms.</summary>
public sealed class AddressListTests
{
    [Theory]
    [InlineData("bob@example.test", "bob@example.test")]
    [InlineData("bob", "bob")]
    [InlineData("Bob <bob@example.test>, carol@example.test", "bob@example.test|carol@example.test")]
    [InlineData("\"Bob, the \\\"builder\\\"\" <bob@example.test>", "bob@example.test")]
    [InlineData("bob@example.test (Bob (nested, \\) comment))", "bob@example.test")]
    [InlineData("(before) bob (in) @ (the) example . test (middle)", "bob@example.test")]
    [InlineData("friends: bob@a.test, Carol <carol@b.test>;, dave@c.test", "bob@a.test|carol@b.test|dave@c.test")]
    [InlineData("Undisclosed recipients:;", "")]
    [InlineData("<@relay.test,@b.test:bob@example.test>", "bob@example.test")]
    [InlineData("\"odd local\"@example.test", "\"odd local\"@example.test")]
    [InlineData("bob@[192.0.2.1], <carol@[IPv6:2001:db8::1]>", "bob@[192.0.2.1]|carol@[IPv6:2001:db8::1]")]
    [InlineData(",, bob@example.test ,,", "bob@example.test")]
    [InlineData("-oQ/tmp@example.test", "-oQ/tmp@example.test")]
    [InlineData("|/bin/sh", "|/bin/sh")]
    public void Addresses_are_found(string list, string addresses)
    {
        var found = AddressList.Parse(list);
        Assert.All(found, address => Assert.NotNull(address.Path));
        Assert.Equal(addresses, string.Join('|', found.Select(address => address.Path)));
    }

    [Theory]
    [InlineData("bob smith, carol@example.test")]
    [InlineData("<>, carol@example.test")]
    [InlineData("<a> <b>, carol@example.test")]
    [InlineData("bob@, carol@example.test")]
    [InlineData("<bob> trailing, carol@example.test")]
    public void What_is_no_address_spoils_itself_alone(string list)
    {
        var found = AddressList.Parse(list);
        Assert.Equal(2, found.Count);
        Assert.Null(found[0].Path);
        Assert.Equal("carol@example.test", $"{found[1].Path}");
    }

    [Theory]
    [InlineData("\"bob@example.test")]
    [InlineData("bob@example.test (open")]
    [InlineData("<bob@example.test")]
    [InlineData("bob@[192.0.2.1")]
    public void What_is_left_open_is_no_address(string list) => Assert.All(AddressList.Parse(list), address => Assert.Null(address.Path));

    [Fact]
    public void However_it_is_dressed_an_address_comes_out_the_same()
    {
        var atom = Gen.String[Gen.Char["abcxyz019-+_"], 1, 8].Where(text => text[0] != '-' && text[^1] != '-');
        var address = Gen.Select(atom, atom, (local, domain) => $"{local}@{domain.Replace('_', 'x').Replace('+', 'x')}.test");
        var dressed = Gen.Select(address, Gen.Int[0, 5], (text, dress) => (text, Dressed: dress switch
        {
            0 => text,
            1 => $"<{text}>",
            2 => $"\"Last, First; (x)\" <{text}>",
            3 => $"{text} (a comment, with (commas))",
            4 => $"group name: {text};",
            _ => $"=?utf-8?Q?J=C3=BCrg?= < {text} >",
        }));
        dressed.Array[1, 6].Sample(list =>
            AddressList.Parse(string.Join(", ", list.Select(item => item.Dressed))).Select(found => $"{found.Path}").SequenceEqual(list.Select(item => item.text)));
    }

    [Fact]
    public void Nothing_throws_and_nothing_hangs() =>
        Gen.String[Gen.Char["ab@.<>()[]\"\\,;: \r\n\t\0é"], 0, 60].Sample(list => AddressList.Parse(list).Count <= list.Length + 1);
}

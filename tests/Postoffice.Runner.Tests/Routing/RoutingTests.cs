using System.Net;
using Postoffice.Runner.Deliverer;
using Postoffice.Runner.Routing;
using Postoffice.Runner.Transports;
using Postoffice.Store.Configuration;
using Postoffice.Store.Directory;
using Postoffice.Store.Mail;

namespace Postoffice.Runner.Tests.Routing;

public sealed class RoutingTests
{
    private static Settings Of(params (string Name, string Value)[] settings) =>
        new(null, [.. settings.Select(setting => new Setting(setting.Name, setting.Value, "test:1"))], []);

    [Theory]
    [InlineData("mx.example.test", "mx.example.test:25")]
    [InlineData("MX.example.test:2525", "mx.example.test:2525")]
    [InlineData("192.0.2.1", "192.0.2.1:25")]
    [InlineData("[192.0.2.1]:26", "192.0.2.1:26")]
    [InlineData("[2001:db8::1]:26", "[2001:db8::1]:26")]
    [InlineData("[IPv6:2001:db8::1]", "[2001:db8::1]:25")]
    public void A_next_hop_is_read(string text, string expected)
    {
        Assert.True(NextHop.TryParse(text, out var hop));
        Assert.Equal(expected, hop.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(":25")]
    [InlineData("host:")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:2 5")]
    [InlineData("2001:db8::1")]
    [InlineData("[host]")]
    [InlineData("127.1")]
    [InlineData("0x7f.1")]
    [InlineData("ho st")]
    public void What_is_no_next_hop_is_refused(string text) => Assert.False(NextHop.TryParse(text, out _));

    [Theory]
    [InlineData("example.org", "first:25")]
    [InlineData("sub.example.org", "second:25")]
    [InlineData("deep.sub.example.org", "second:25")]
    [InlineData("notexample.org", "relay:26")]
    [InlineData("[192.0.2.7]", "relay:26")]
    public void The_first_route_that_fits_wins_and_the_relay_host_takes_the_rest(string domain, string expected)
    {
        var table = RouteTable.From(Of(
            ("route", "Example.ORG:first"), ("route", "*.example.org:second"), ("route", "sub.example.org:third"), ("relay-host", "relay:26")));
        Assert.Equal(expected, table.Find(domain)!.ToString());
    }

    [Theory]
    [InlineData("[198.51.100.9]", "198.51.100.9:25")]
    [InlineData("[10.0.0.9]", "10.0.0.9:25")]
    [InlineData("[IPv6:2001:db8::9]", "[2001:db8::9]:25")]
    [InlineData("[127.9.9.9]", "5.4.6")] // loopback, but no address of an interface: those are ours
    [InlineData("[169.254.169.254]", "5.4.6")]
    [InlineData("[0.0.0.0]", "5.4.6")]
    [InlineData("[IPv6:ff02::1]", "5.4.6")]
    [InlineData("[IPv6:::ffff:169.254.169.254]", "5.4.6")]
    [InlineData("[169.254.1.1]", "inside:25", "*:inside")]
    public void An_address_literal_leads_where_a_host_may_be_or_a_route_says(string literal, string expected, params string[] routes)
    {
        var settings = Of([.. routes.Select(route => ("route", route))]);
        var router = new Router(LocalDomains.From(settings, RunnerRig.Self), LocalUsers.From(settings, startedAsRoot: false, TimeProvider.System), RouteTable.From(settings));

        Assert.Equal(expected, router.Resolve(ForwardPath.Parse($"bob@{literal}")) switch
        {
            Route.Smtp(var hop) => $"{hop}",
            Route.Refused(_, var status, _) => $"{status}",
            var other => $"{other}",
        });
    }

    [Theory]
    [InlineData("mx.example.test")] // our name: senders here have it, and so do notifications to them
    [InlineData("localhost")]
    [InlineData("example.org")]
    public void Mail_for_our_name_is_ours_whatever_else_is(string domain)
    {
        var settings = Of(("local-domain", "example.org"), ("relay-host", "relay"));
        var router = new Router(LocalDomains.From(settings, RunnerRig.Self), LocalUsers.From(settings, startedAsRoot: false, TimeProvider.System), RouteTable.From(settings));

        Assert.IsType<Route.Unknown>(router.Resolve(ForwardPath.Parse($"no-such-user-here@{domain}")));
        Assert.Null(router.DestinationOf(domain));
    }

    [Fact]
    public void Without_a_relay_host_there_is_no_next_hop() => Assert.Null(RouteTable.From(Of(("route", "a.test:b"))).Find("c.test"));

    [Theory]
    [InlineData("route", "example.org")]
    [InlineData("route", "exa mple.org:host")]
    [InlineData("route", "*example.org:host")]
    [InlineData("relay-host", "127.1")]
    public void A_route_that_makes_no_sense_is_refused(string name, string value) =>
        Assert.Throws<SettingException>(() => RouteTable.From(Of((name, value))));

    [Theory]
    [InlineData("127.0.0.1:2525", "127.0.0.1", 2525, true)]
    [InlineData("127.0.0.1:2525,tls", "127.0.0.1", 2525, true)]
    [InlineData("127.0.0.1:2525", "127.0.0.1", 2526, false)]
    [InlineData("127.0.0.1:2525", "192.0.2.9", 2525, false)]
    [InlineData("0.0.0.0:25", "127.0.0.1", 25, true)]
    [InlineData("[::]:25", "::ffff:127.0.0.1", 25, true)]
    [InlineData("127.0.0.1:25", "0.0.0.0", 25, true)]
    [InlineData("unix:/run/x", "127.0.0.1", 25, false)]
    public void Our_own_listener_is_known(string listen, string address, int port, bool own)
    {
        var octets = address == "::ffff:127.0.0.1" ? IPAddress.Loopback.MapToIPv6() : null;
        Assert.True(octets is not null || Store.Mail.AddressLiteral.TryParseAddress(address, out octets));
        Assert.Equal(own, OwnEndpoints.From(Of(("listen", listen))).Contains(octets!, port));
    }

    [Theory]
    [InlineData(25, true)]
    [InlineData(2525, false)]
    public void Without_a_setting_our_own_listener_is_port_25_of_this_machine(int port, bool own)
    {
        Assert.Equal(own, OwnEndpoints.From(Settings.Empty).Contains(IPAddress.Loopback, port));
        Assert.Equal(own, OwnEndpoints.From(Settings.Empty).Contains(IPAddress.IPv6Loopback, port));
        Assert.False(OwnEndpoints.From(Settings.Empty).Contains(new IPAddress([192, 0, 2, 9]), port));
    }

    [Theory]
    [InlineData("maildir 34359738369 42 1772625600.0123456789AB-1-1.host")]
    [InlineData("mbox 34359738369 42 100 1 2000 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb From alice@example.net Wed Mar  4 12:00:00 2026")]
    public void Evidence_comes_back_from_the_fact_as_it_went_in(string text)
    {
        Assert.True(MailboxEvidence.TryParse(text, out var evidence));
        Assert.True(MailboxIntents.TryToEvidence(MailboxIntents.From(evidence), out var read));
        Assert.Equal(evidence, read);
    }
}

using System.Text;
using Xunit.Sdk;

namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>The ledger of a soak sees what it is there to see.</summary>
public sealed class SoakLedgerTests
{
    private readonly SoakLedger ledger = new();
    private readonly Random random = new(1);

    [Fact]
    public void What_came_once_where_it_should_balances()
    {
        ledger.Deliver(Received(Taken(Fate.Kept)));
        ledger.Relay(Received(Taken(Fate.Relayed)));
        ledger.Relay(Received(Taken(Fate.Deferred)));
        ledger.Deliver(BounceOf(Taken(Fate.Bounced)));
        ledger.Balance();
        Assert.Equal((4L, 1L, 0, 0L), (ledger.Acknowledged, ledger.Bounced, ledger.Open, ledger.OpenOctets));
    }

    [Fact]
    public void What_came_before_its_250_was_read_balances()
    {
        var message = Offered(Fate.Kept);
        ledger.Deliver(Received(message));
        ledger.Acknowledge(message);
        ledger.Balance();
    }

    [Fact]
    public void What_is_put_off_is_put_off_once()
    {
        var token = Taken(Fate.Deferred).Token;
        Assert.Equal([true, false], [ledger.PutsOff(token), ledger.PutsOff(token)]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_did_not_come_is_missing(bool isBounce)
    {
        Taken(isBounce ? Fate.Bounced : Fate.Kept);
        Unbalanced();
    }

    [Fact]
    public void What_came_twice_is_found()
    {
        var message = Taken(Fate.Relayed);
        ledger.Relay(Received(message));
        ledger.Relay(Received(message));
        Unbalanced();
    }

    [Fact]
    public void A_bounce_that_came_twice_is_found()
    {
        var message = Taken(Fate.Bounced);
        ledger.Deliver(BounceOf(message));
        ledger.Deliver(BounceOf(message));
        Unbalanced();
    }

    [Fact]
    public void What_came_to_the_wrong_place_is_found()
    {
        ledger.Relay(Received(Taken(Fate.Kept)));
        Unbalanced();
    }

    [Fact]
    public void A_bounce_of_what_was_to_be_taken_is_found()
    {
        ledger.Deliver(BounceOf(Taken(Fate.Relayed)));
        Unbalanced();
    }

    [Fact]
    public void What_was_refused_and_came_is_found()
    {
        var message = Offered(Fate.Kept);
        ledger.Refuse(message);
        ledger.Deliver(Received(message));
        Unbalanced();
    }

    [Fact]
    public void What_was_changed_is_found()
    {
        var octets = Received(Taken(Fate.Kept));
        octets[^5] ^= 1;
        ledger.Deliver(octets);
        Unbalanced();
    }

    [Fact]
    public void What_nobody_offered_is_found()
    {
        ledger.Deliver(Received(Written(Fate.Kept)));
        Unbalanced();
    }

    private void Unbalanced() => Assert.ThrowsAny<XunitException>(ledger.Balance);

    private SoakMessage Taken(Fate fate)
    {
        var message = Offered(fate);
        ledger.Acknowledge(message);
        return message;
    }

    private SoakMessage Offered(Fate fate)
    {
        var message = Written(fate);
        ledger.Offer(message);
        return message;
    }

    private SoakMessage Written(Fate fate) => Enumerable.Range(0, 20).Select(number => SoakMessage.Write(number, random)).First(message => message.Fate == fate);

    private static byte[] Received(SoakMessage message) =>
        [.. "Received: from client.example.net\r\n\tby mx.example.test with ESMTP;\r\n\tMon, 23 Nov 2026 12:00:00 +0000\r\n"u8, .. message.Content];

    private static byte[] BounceOf(SoakMessage message) =>
        Encoding.Latin1.GetBytes($"Return-Path: <>\r\nAuto-Submitted: auto-replied\r\n\r\nFinal-Recipient: rfc822; {message.To}\r\n");
}

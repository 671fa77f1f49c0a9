using Xunit.Sdk;

namespace Postoffice.EndToEnd.Tests.Durability;

/// <summary>The ledger sees what it is there to see: a comparison that cannot fail proves nothing.</summary>
public sealed class LedgerBalanceTests
{
    private const string Id = "0ABCDEFGHJKM";
    private const string Received = $"Received: from client.example.net\r\n\tby mx.example.test with ESMTP id {Id};\r\n\tMon, 23 Nov 2026 12:00:00 +0000\r\n";
    private readonly Ledger ledger = new();
    private readonly Offer offer;
    private readonly string content;

    public LedgerBalanceTests() => (offer, content) = ledger.Write(new Random(1), "bob@example.test");

    private string Arrived => Received + content;

    [Fact]
    public Task What_was_acknowledged_and_came_once_balances()
    {
        Acknowledge();
        return BalanceAsync(Arrived);
    }

    [Fact]
    public Task So_does_what_came_although_nobody_heard_the_acknowledgement() => BalanceAsync(Arrived);

    [Fact]
    public async Task What_was_acknowledged_and_did_not_come_is_missing()
    {
        Acknowledge();
        await Assert.ThrowsAnyAsync<XunitException>(() => BalanceAsync());
    }

    [Fact]
    public async Task What_was_changed_on_the_way_is_found()
    {
        await Assert.ThrowsAnyAsync<XunitException>(() => BalanceAsync(Arrived.Replace("alice", "malle", StringComparison.Ordinal)));
        await Assert.ThrowsAnyAsync<XunitException>(() => BalanceAsync(Arrived[..^2]));
    }

    [Fact]
    public Task What_nobody_offered_is_found() =>
        Assert.ThrowsAnyAsync<XunitException>(() => BalanceAsync(Arrived.Replace(offer.Token, new string('0', 32), StringComparison.Ordinal)));

    [Fact]
    public async Task What_came_twice_needs_a_doubt()
    {
        Acknowledge();
        await Assert.ThrowsAnyAsync<XunitException>(() => BalanceAsync(Arrived, Arrived));
        await ledger.BalanceAsync([Arrived, Arrived], id => Task.FromResult(id == Id));
    }

    [Fact]
    public Task What_was_taken_twice_is_found_whatever_the_doubt() => Assert.ThrowsAnyAsync<XunitException>(
        () => ledger.BalanceAsync([Arrived, Arrived.Replace(Id, "0ABCDEFGHJKN", StringComparison.Ordinal)], _ => Task.FromResult(true)));

    private void Acknowledge() => ledger.Acknowledge(offer, $"250 2.0.0 {Id} queued\r\n");

    private Task BalanceAsync(params string[] delivered) => ledger.BalanceAsync(delivered, _ => Task.FromResult(false));
}

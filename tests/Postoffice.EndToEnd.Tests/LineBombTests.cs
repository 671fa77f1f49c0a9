using System.Net.Sockets;

namespace Postoffice.EndToEnd.Tests;

/// <summary>D09 of the attack catalogue: a gigabyte without a line end, or of nothing but line ends, costs the listener no memory.</summary>
public sealed class LineBombTests
{
    private const long Megabyte = 1024 * 1024;
    private const long Gigabyte = 1024 * Megabyte;
    private long before;

    [Fact]
    public async Task A_gigabyte_without_a_line_end_in_content_is_refused_behind_its_end_in_flat_memory()
    {
        await using var site = new Site("size=20m");
        var listener = await WarmAsync(site);
        using var client = SmtpLine.InTransaction(site);
        Assert.StartsWith("354", client.Ask("DATA"));
        Pour(client, "x"u8, Gigabyte);
        Assert.StartsWith("55", client.Ask("\r\n."));
        Assert.StartsWith("250", client.Ask("NOOP"));
        AssertFlat(listener);
    }

    [Fact]
    public async Task A_hundred_million_empty_lines_are_refused_by_their_size_in_flat_memory()
    {
        await using var site = new Site("size=20m");
        var listener = await WarmAsync(site);
        using var client = SmtpLine.InTransaction(site);
        Assert.StartsWith("354", client.Ask("DATA"));
        Pour(client, "\r\n"u8, 200_000_000);
        Assert.StartsWith("552 5.3.4", client.Ask("."));
        Assert.StartsWith("250", client.Ask("NOOP"));
        AssertFlat(listener);
    }

    [Fact]
    public async Task A_gigabyte_without_a_line_end_as_a_command_ends_the_session_soon_in_flat_memory()
    {
        await using var site = new Site();
        var listener = await WarmAsync(site);
        using var client = SmtpLine.Connect(site);
        Assert.StartsWith("220", client.Reply());
        var cut = Assert.Throws<IOException>(() => Pour(client, "x"u8, Gigabyte)); // long before its end: the listener has hung up
        Assert.IsType<SocketException>(cut.InnerException);
        AssertFlat(listener);
        (await site.SwaksAsync("--from", "alice@example.net", "--to", Site.Address)).Succeeded();
    }

    /// <summary>What a few ordinary messages made resident is not the bomb's doing.</summary>
    private async Task<Service> WarmAsync(Site site)
    {
        var listener = await site.StartListenerAsync();
        for (var warm = 0; warm < 5; warm++)
        {
            using var client = SmtpLine.InTransaction(site);
            Assert.StartsWith("354", client.Ask("DATA"));
            Pour(client, "some text\r\n"u8, 1_100_000);
            Assert.StartsWith("250", client.Ask("."));
        }
        listener.ForgetPeakMemory();
        before = listener.PeakMemory();
        return listener;
    }

    private static void Pour(SmtpLine client, ReadOnlySpan<byte> pattern, long octets)
    {
        var block = new byte[64 * 1024 / pattern.Length * pattern.Length];
        for (var at = 0; at < block.Length; at += pattern.Length) pattern.CopyTo(block.AsSpan(at));
        for (var left = octets; left > 0; left -= block.Length) client.Send(block.AsSpan(0, (int)Math.Min(block.Length, left)));
    }

    private void AssertFlat(Service listener) => Assert.InRange(listener.PeakMemory() - before, 0, 8 * Megabyte);
}

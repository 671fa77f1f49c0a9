using Postoffice.Store.Events;
using Postoffice.Testing;

namespace Postoffice.Smtp.Tests.Dialogue;

/// <summary>P01, P02, P05 of the attack catalogue: only CRLF "." CRLF ends content, however the octets arrive and whoever sends them.</summary>
public sealed class SmugglingTests
{
    private const string Before = "EHLO x\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<root@example.test>\r\nDATA\r\nSubject: 1\r\n\r\nbody";
    private const string Smuggled = "MAIL FROM:<e@example.net>\r\nRCPT TO:<root@example.test>\r\nDATA\r\nsmuggled\r\n.\r\nQUIT\r\n";

    public static TheoryData<string> FalseEnds() =>
    [
        "\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\r\n.\r\r\n", "\r\r\n.\n", "\n\n.\r\n", "\r\n\0.\r\n", "\r\n.\0\r\n",
        "\r\n.\u0085", "\u0085.\u0085", "\r\n.\xe2\x80\xa8", "\f.\f", "\r\n.\f\r\n", "\r\n .\r\n", "\r\n..\r\n", "\r\n.\r.\r\n",
    ];

    [Theory, MemberData(nameof(FalseEnds))]
    public async Task A_false_end_never_makes_two_messages_wherever_it_is_cut(string end)
    {
        using var listener = new TestListener();
        var octets = Octets.Of(Before + end + Smuggled);
        var from = Before.Length - 2;
        for (var cut = from; cut <= Before.Length + end.Length + 2; cut++)
        {
            await using var client = listener.Connect();
            await client.SendAsync(octets.AsMemory(0, cut));
            await Task.Yield();
            await client.SendAsync(octets.AsMemory(cut));
            await client.EndAsync();
        }
        AssertNothingSmuggled(await listener.AcceptedAsync());
    }

    [Theory, MemberData(nameof(FalseEnds))]
    public async Task Our_own_machine_is_no_exception(string end)
    {
        using var listener = new TestListener();
        await listener.SayAsync(Before + end + Smuggled, new Smtp.Dialogue.ClientPeer(TestListener.Own));
        AssertNothingSmuggled(await listener.AcceptedAsync());
    }

    [Fact]
    public async Task The_refusal_comes_only_behind_the_true_end()
    {
        using var listener = new TestListener();
        await using var client = listener.Connect();
        Assert.StartsWith("220", await client.ReplyAsync());
        foreach (var line in (string[])["EHLO x", "MAIL FROM:<a@example.net>", "RCPT TO:<root@example.test>", "DATA"]) await client.AskAsync(line);
        await client.SendAsync(Octets.Of("body\n.\nMAIL FROM:<e@example.net>\r\n"));

        Assert.StartsWith("550 5.6.0", await client.AskAsync("."));
        Assert.StartsWith("503", await client.AskAsync("RCPT TO:<root@example.test>"));
    }

    private static void AssertNothingSmuggled(IEnumerable<MessageAccepted> accepted) =>
        Assert.DoesNotContain(accepted, message => message.From.ToString().StartsWith('e'));
}

using Postoffice.Store.Events;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using Postoffice.Testing;
using static Postoffice.Runner.Tests.Transports.TransactionRig;

namespace Postoffice.Runner.Tests.Transports;

/// <summary>RFC 3461 §5.2: what the sender asked for goes on to a next hop that understands it.</summary>
public sealed class DsnParameterTests : IDisposable
{
    private const string Dsn = "250-peer\r\n250 DSN";
    private readonly TransactionRig rig = new();

    public void Dispose() => rig.Dispose();

    [Fact]
    public async Task All_of_it_goes_to_a_peer_that_offers_dsn()
    {
        await using var peer = new ScriptedPeer("220 hi", Dsn, Ok, Ok, Ok, Go, Ok);
        await rig.RunAsync(peer, Asking);

        Assert.Contains(
            "MAIL FROM:<alice@example.net> RET=HDRS ENVID=QQ+2B3+3D4+20x\r\n"
            + "RCPT TO:<bob@example.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Bobby+2Bx@example.test\r\n"
            + "RCPT TO:<carol@example.test> NOTIFY=NEVER\r\n",
            peer.Received);
    }

    [Fact]
    public async Task An_original_recipient_beyond_ascii_goes_on_in_ascii_unless_it_is_too_long_for_that()
    {
        await using var peer = new ScriptedPeer("220 hi", Dsn, Ok, Ok, Ok, Go, Ok);
        await rig.RunAsync(peer, accepted => accepted with
        {
            Recipients =
            [
                accepted.Recipients[0] with { OriginalRecipient = "utf-8;j+C3+BCrgen+2Bx@example.test" }, // as it was stored once
                accepted.Recipients[1] with { OriginalRecipient = $"utf-8;{string.Concat(Enumerable.Repeat("\\x{FC}", 90))}@example.test" },
            ],
        });

        Assert.Contains("RCPT TO:<bob@example.test> ORCPT=utf-8;j\\x{FC}rgen\\x{2B}x@example.test\r\nRCPT TO:<carol@example.test>\r\n", peer.Received);
    }

    [Fact]
    public async Task None_of_it_goes_to_a_peer_that_does_not()
    {
        await using var peer = new ScriptedPeer("220 hi", "250 peer", Ok, Ok, Ok, Go, Ok);
        await rig.RunAsync(peer, Asking);

        Assert.Contains("MAIL FROM:<alice@example.net>\r\nRCPT TO:<bob@example.test>\r\nRCPT TO:<carol@example.test>\r\n", peer.Received);
        Assert.All(rig.Results, result => Assert.False(Assert.IsType<RecipientResult.Delivered>(result).DsnPassedOn));
    }

    [Fact]
    public async Task Who_asked_for_nothing_asks_for_nothing_further_on()
    {
        await using var peer = new ScriptedPeer("220 hi", Dsn, Ok, Ok, Ok, Go, Ok);
        await rig.RunAsync(peer);

        Assert.Contains("MAIL FROM:<alice@example.net>\r\nRCPT TO:<bob@example.test>\r\nRCPT TO:<carol@example.test>\r\n", peer.Received);
    }

    [Fact]
    public async Task It_is_told_for_whom_a_wish_was_passed_on()
    {
        await using var peer = new ScriptedPeer("220 hi", Dsn, Ok, Ok, Ok, Go, Ok);
        await rig.RunAsync(peer, accepted => Asking(accepted) with
        {
            Recipients = [Asking(accepted).Recipients[0], accepted.Recipients[1]],
        });

        Assert.Equal([true, false], rig.Results.Select(result => ((RecipientResult.Delivered)result).DsnPassedOn));
    }

    private static MessageAccepted Asking(MessageAccepted accepted) => accepted with
    {
        Ret = Ret.Headers,
        EnvelopeId = "QQ+3=4 x",
        Recipients =
        [
            accepted.Recipients[0] with { Notify = Notify.Success | Notify.Delay, OriginalRecipient = "rfc822;Bobby+2Bx@example.test" },
            accepted.Recipients[1] with { Notify = Notify.Never },
        ],
    };
}

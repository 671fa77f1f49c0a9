using Postoffice.Store.Content;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Transports;

/// <summary>
/// Whether a message may go to a peer as it is, by what the peer offers. Octets are never changed: where others convert, it is refused here, in
/// words for the sender. Another exchanger may take it.
/// </summary>
internal sealed class PeerFit(PeerExtensions peer, IContentStore store, QueuedMessage message)
{
    private static readonly Answer.Unfit NoUtf8Header = new(new(5, 6, 9), "the message's header is UTF-8, which the next hop does not take (RFC 6531)");
    private static readonly Answer.Unfit NoEightBit = new(new(5, 6, 3), "the message has 8-bit octets, which the next hop does not take (RFC 6152)");

    private static readonly Answer.Unfit NoUtf8Address = new(new(5, 6, 7), "the next hop does not take addresses beyond ASCII (RFC 6531)");

    /// <param name="octets">Of the message, dots not doubled.</param>
    /// <returns>Why no recipient can get the message there; null when it may go.</returns>
    /// <exception cref="Store.Log.StoreUnavailableException">The content cannot be read now.</exception>
    public async ValueTask<Answer.Unfit?> RefusalAsync(IReadOnlyList<QueuedRecipient> recipients, long octets, CancellationToken ct)
    {
        if (octets > peer.SizeLimit) return TooLarge(octets, peer.SizeLimit.Value);
        if (!peer.SmtpUtf8 && (EnvelopeCommands.NeedsUtf8(message.Accepted.From) || recipients.Any(EnvelopeCommands.NeedsUtf8))) return NoUtf8Address;

        // What did not ask for SMTPUTF8 is no message of RFC 6531, whatever is in its header: 8BITMIME will do, as between all others.
        var utf8HeaderMatters = message.Accepted.SmtpUtf8 && !peer.SmtpUtf8;
        if (peer.EightBitMime && !utf8HeaderMatters) return null;
        return await ScanAsync(ct) switch
        {
            EightBit.Header when utf8HeaderMatters => NoUtf8Header,
            EightBit.Header or EightBit.Body when !peer.EightBitMime => NoEightBit,
            _ => null,
        };
    }

    // RFC 1870 §6.1 leaves it to the client what to do with the limit; the status is what the server would answer (§6.2).
    private static Answer.Unfit TooLarge(long octets, long limit) =>
        new(new(5, 3, 4), $"the message has {octets} octets, and the next hop takes {limit} at most (RFC 1870)");

    private async Task<EightBit> ScanAsync(CancellationToken ct)
    {
        await using var octets = await MessageOctets.OpenAsync(store, message, [], ct);
        return octets is null ? EightBit.Nowhere : await EightBitScan.OfAsync(octets, ct); // gone since: what is open for sending can be read on
    }
}

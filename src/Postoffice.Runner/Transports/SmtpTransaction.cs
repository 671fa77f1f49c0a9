using Postoffice.Runner.Pipelines;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using Postoffice.Store.Wire;

namespace Postoffice.Runner.Transports;

/// <summary>
/// One mail transaction on an open connection: MAIL, RCPT, DATA, content (RFC 5321 §3.3). Ends with a result for every recipient, or with the
/// reason why another address of the next hop may do better.
/// </summary>
internal sealed class SmtpTransaction(
    ClientSession session, PeerExtensions peer, PhasePipelines phases, QueuedMessage message, IReadOnlyList<QueuedRecipient> recipients)
{
    private static readonly Reply NeedsSmtpUtf8 = new(550, new(5, 6, 7), "the next hop does not take addresses beyond ASCII (RFC 6531)");

    private readonly List<RecipientResult> results = [];

    /// <summary>How far it came; see <see cref="Store.Events.AttemptEnded"/>.</summary>
    public string Phase { get; private set; } = "mail";

    /// <summary>Results decided so far; complete when <see cref="RunAsync"/> answered null.</summary>
    public IReadOnlyList<RecipientResult> Results => results;

    /// <returns>Null when every recipient has a result; else what the peer said or did before any recipient was named to it.</returns>
    /// <exception cref="OperationCanceledException">We are told to stop; <see cref="Phase"/> and <see cref="Results"/> tell where.</exception>
    /// <exception cref="Store.Log.StoreUnavailableException">The content cannot be read on; the final dot was not sent.</exception>
    public async Task<Answer?> RunAsync(Stream content, CancellationToken ct)
    {
        var mail = await session.AskAsync(MailCommand(content.Length), phases.Mail, ct);
        if (mail is not Answer.Said(var word)) return mail;
        if (word.Code == 421) return mail; // the service closes: another address may not
        if (!word.IsPositive) return All(number => new RecipientResult.Refused(number, Judged(word)));

        Phase = "rcpt";
        var accepted = await OfferRecipientsAsync(ct);
        if (accepted.Count == 0) return null;

        Phase = "data";
        switch (await session.AskAsync("DATA", phases.Data, ct))
        {
            case Answer.Lost lost:
                return Rest(accepted, number => new RecipientResult.Unreached(number, lost.Reason));
            case Answer.Said({ Code: not 354 } refusal):
                return Rest(accepted, number => new RecipientResult.Refused(number, Judged(refusal)));
        }

        Phase = "content";
        var stuffer = new DotStuffer();
        if (await session.SendAsync(content, stuffer, phases.Content, ct) is { } broken)
        {
            return Rest(accepted, number => new RecipientResult.Unreached(number, broken.Reason));
        }

        Phase = "dot";
        var last = await session.FinishAsync(stuffer, phases.Dot, ct);
        Rest(accepted, number => last switch
        {
            Answer.Said({ IsPositive: true } reply) => new RecipientResult.Delivered(number, reply),
            Answer.Said(var reply) => new RecipientResult.Refused(number, reply),
            Answer.Lost lost => new RecipientResult.InDoubt(number, $"all was sent and no answer came: {lost.Reason}"),
            _ => throw new InvalidOperationException($"{last} is no answer"),
        });
        Phase = "done";
        return null;
    }

    private async Task<List<int>> OfferRecipientsAsync(CancellationToken ct)
    {
        var accepted = new List<int>();
        string? lost = null;
        Reply? closing = null;
        foreach (var recipient in recipients)
        {
            var number = recipient.Number;
            if (lost is not null) results.Add(new RecipientResult.Unreached(number, lost));
            else if (closing is not null) results.Add(new RecipientResult.Refused(number, closing));
            else if (NeedsUtf8(recipient) && !peer.SmtpUtf8) results.Add(new RecipientResult.Refused(number, NeedsSmtpUtf8));
            else
            {
                switch (await session.AskAsync($"RCPT TO:<{recipient.Accepted.To}>", phases.Rcpt, ct))
                {
                    case Answer.Said({ IsPositive: true }):
                        accepted.Add(number);
                        break;
                    case Answer.Said(var refusal):
                        results.Add(new RecipientResult.Refused(number, Judged(refusal)));
                        if (refusal.Code == 421) closing = refusal;
                        break;
                    case Answer.Lost(var reason):
                        results.Add(new RecipientResult.Unreached(number, reason));
                        lost = reason;
                        break;
                }
            }
        }
        if (lost is null && closing is null) return accepted;

        // The session is over before anything was sent, also for those it had accepted.
        Rest(accepted, number => closing is null
            ? new RecipientResult.Unreached(number, lost!)
            : new RecipientResult.Refused(number, closing));
        return [];
    }

    private string MailCommand(long octets)
    {
        var command = $"MAIL FROM:<{message.Accepted.From}>";
        if (peer.Size) command += $" SIZE={octets}"; // RFC 1870 §6
        if (peer.EightBitMime && message.Accepted.Body is { } body) command += $" BODY={body}"; // RFC 6152 §3
        var utf8 = message.Accepted.SmtpUtf8 || recipients.Any(NeedsUtf8);
        if (peer.SmtpUtf8 && utf8) command += " SMTPUTF8"; // RFC 6531 §3.4
        return command;
    }

    private bool NeedsUtf8(QueuedRecipient recipient) =>
        !recipient.Accepted.To.Mailbox.IsAscii || message.Accepted.From.Mailbox is { IsAscii: false };

    /// <summary>A reply that fits no command, such as 250 where 354 is due, is the peer's confusion: tried again later.</summary>
    private static Reply Judged(Reply reply) =>
        reply.Code >= 400 ? reply : new Reply(451, new(4, 5, 0), $"unexpected reply: {reply}");

    private Answer? All(Func<int, RecipientResult> result) => Rest(recipients.Select(recipient => recipient.Number), result);

    private Answer? Rest(IEnumerable<int> numbers, Func<int, RecipientResult> result)
    {
        results.AddRange(numbers.Select(result));
        return null;
    }
}

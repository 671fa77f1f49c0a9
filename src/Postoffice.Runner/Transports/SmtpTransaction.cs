using Postoffice.Runner.Pipelines;
using Postoffice.Store.Content;
using Postoffice.Store.Mail;
using Postoffice.Store.Queue;
using Postoffice.Store.Wire;

namespace Postoffice.Runner.Transports;

/// <summary>
/// One mail transaction on an open connection: MAIL, RCPT, DATA, content (RFC 5321 §3.3), commands together where the peer offers PIPELINING
/// (RFC 2920), and the content in chunks where it offers CHUNKING too. Ends with a result for every recipient, or with the reason why another
/// address of the next hop may do better.
/// </summary>
internal sealed class SmtpTransaction(
    ClientSession session, PeerExtensions peer, PhasePipelines phases, IContentStore store, DomainName self,
    QueuedMessage message, IReadOnlyList<QueuedRecipient> recipients)
{
    private const string Data = "DATA";

    private readonly bool inChunks = peer is { Chunking: true, Pipelining: true };
    private readonly List<RecipientResult> results = [];
    private readonly List<QueuedRecipient> accepted = [];

    /// <summary>How far it came; see <see cref="Store.Events.AttemptEnded"/>.</summary>
    public string Phase { get; private set; } = "mail";

    /// <summary>Results decided so far; complete when <see cref="RunAsync"/> answered null.</summary>
    public IReadOnlyList<RecipientResult> Results => results;

    /// <param name="content">The message, from its first octet on.</param>
    /// <returns>
    /// Null when every recipient has a result; else what the peer said or did before it took any recipient, or what the message needs and it
    /// does not offer.
    /// </returns>
    /// <exception cref="OperationCanceledException">We are told to stop; <see cref="Phase"/> and <see cref="Results"/> tell where.</exception>
    /// <exception cref="Store.Log.StoreUnavailableException">The content cannot be read on; the final dot was not sent.</exception>
    public async Task<Answer?> RunAsync(Stream content, CancellationToken ct)
    {
        session.Deadline = phases.BeginTransaction();
        if (await new PeerFit(peer, store, message).RefusalAsync(recipients, content.Length, ct) is { } unfit) return unfit;
        var window = new CommandWindow(session, Commands(content.Length), peer.Pipelining);

        var mail = await window.NextAsync(phases.Mail, ct);
        if (mail is not Answer.Said(var word) || word.Code == 421) return mail; // the service closes: another address may not
        if (!word.IsCompletion)
        {
            await SettleAsync(window, ct);
            if (!word.IsPermanent) return mail; // for now: another address may take it at once
            Rest(recipients, number => new RecipientResult.Refused(number, word));
            return null;
        }

        Phase = "rcpt";
        if (!await OfferAsync(window, ct)) return null;
        if (accepted.Count == 0)
        {
            await SettleAsync(window, ct);
            return null;
        }

        if (inChunks)
        {
            Phase = "content";
            var chunks = new ChunkedContent(session, content, phases);
            await SendAsync(chunks.SendAsync, chunks.FinishAsync, ct);
            return null;
        }

        Phase = "data";
        switch (peer.Pipelining ? await window.NextAsync(phases.Data, ct) : await session.AskAsync(Data, phases.Data, ct))
        {
            case Answer.Said when session.HasSaidTooMuch: // so it may well be the reply to another command
                Rest(accepted, number => new RecipientResult.Unreached(number, ClientSession.OutOfTurn.Reason));
                return null;
            case Answer.Lost lost:
                Rest(accepted, number => new RecipientResult.Unreached(number, lost.Reason));
                return null;
            case Answer.Said({ Code: not 354 } refusal):
                Rest(accepted, number => Refusal.Of(number, refusal));
                return null;
        }
        Phase = "content";
        var stuffer = new DotStuffer();
        await SendAsync(
            async token => await session.SendAsync(content, stuffer, phases.Content, token), token => session.FinishAsync(stuffer, phases.Dot, token), ct);
        return null;
    }

    private List<string> Commands(long octets)
    {
        List<string> commands = [EnvelopeCommands.Mail(peer, message, recipients, octets)];
        commands.AddRange(recipients.Select(recipient => EnvelopeCommands.Rcpt(peer, recipient, self)));
        if (peer.Pipelining && !inChunks) commands.Add(Data);
        return commands;
    }

    /// <returns>False when the session is over: nothing was sent, also to those that had been accepted.</returns>
    private async Task<bool> OfferAsync(CommandWindow window, CancellationToken ct)
    {
        for (var i = 0; i < recipients.Count; i++)
        {
            var number = recipients[i].Number;
            switch (await window.NextAsync(phases.Rcpt, ct))
            {
                case Answer.Said({ IsCompletion: true }):
                    accepted.Add(recipients[i]);
                    break;
                case Answer.Said({ Code: 421 } closing):
                    Rest([.. accepted, .. recipients.Skip(i)], rest => new RecipientResult.Refused(rest, closing));
                    return false;
                case Answer.Said(var refusal):
                    results.Add(accepted.Count > 0 ? Refusal.OfOneMore(number, refusal) : Refusal.Of(number, refusal));
                    break;
                case Answer.Lost(var reason):
                    Rest([.. accepted, .. recipients.Skip(i)], rest => new RecipientResult.Unreached(rest, reason));
                    return false;
            }
        }
        return true;
    }

    /// <summary>
    /// Hears the replies that are still due after nobody was accepted. If DATA is granted all the same, a message without recipients is ended at
    /// once (RFC 2920 §3.1).
    /// </summary>
    private async Task SettleAsync(CommandWindow window, CancellationToken ct)
    {
        Answer? last = null;
        while (session.RepliesDue > 0 && last is not Answer.Lost) last = await window.NextAsync(phases.Data, ct);
        if (window.IsAllSent && last is Answer.Said({ Code: 354 })) await session.FinishAsync(new DotStuffer(), phases.Dot, ct);
    }

    /// <param name="send">All but the end; an answer means that the peer does not have the message.</param>
    /// <param name="finish">The end, and the peer's word on it.</param>
    private async Task SendAsync(Func<CancellationToken, Task<Answer?>> send, Func<CancellationToken, Task<Answer>> finish, CancellationToken ct)
    {
        switch (await send(ct))
        {
            case Answer.Lost broken:
                Rest(accepted, number => new RecipientResult.Unreached(number, broken.Reason));
                return;
            case Answer.Said(var refusal):
                Rest(accepted, number => Refusal.Of(number, refusal));
                return;
        }

        Phase = "dot";
        session.Deadline = null; // no answer would be a doubt
        switch (await finish(ct))
        {
            case Answer.Said({ IsCompletion: true } reply):
                foreach (var recipient in accepted)
                {
                    results.Add(new RecipientResult.Delivered(recipient.Number, reply, peer.Dsn && recipient.Accepted.Notify is not null));
                }
                break;
            case Answer.Said(var reply):
                Rest(accepted, number => Refusal.Of(number, reply));
                break;
            case Answer.Lost lost:
                Rest(accepted, number => new RecipientResult.InDoubt(number, $"all was sent and no answer came: {lost.Reason}"));
                break;
        }
        Phase = "done";
    }

    private void Rest(IEnumerable<QueuedRecipient> which, Func<int, RecipientResult> result) =>
        results.AddRange(which.Select(recipient => result(recipient.Number)));
}

using Postoffice.Smtp.Dialogue;
using Postoffice.Smtp.Grammar;
using Postoffice.Smtp.Policy;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Verbs;

/// <summary>RCPT (RFC 5321 §4.1.1.3): adds a recipient to the transaction.</summary>
internal sealed class RcptVerb(ListenerServices services) : IVerb
{
    public async ValueTask<Reply?> HandleAsync(string arguments, SmtpSession session)
    {
        var transaction = session.Transaction!;
        var mail = transaction.Mail;
        var read = RcptArguments.Parse(arguments, mail.SmtpUtf8, localPartOnly: session.Peer.Caller is not null, out var rcpt);
        if (read != ArgumentsRead.Good) return Refusal(read);
        if (transaction.Recipients.Count >= session.Rules.Options.MaxRecipients) return Replies.TooManyRecipients;
        if (session.Rules.Recipients.IsOurs(rcpt!.To.Mailbox)) await services.LeaveSocketThread(); // a name service may ask another host
        if (session.Rules.Recipients.Judge(session.Peer, rcpt.To.Mailbox) is Verdict.Refuse(var refusal))
        {
            ListenerLog.RecipientRefused(services.Log, rcpt.To, mail.From, $"{session.Peer}", refusal);
            return refusal;
        }
        transaction.Add(rcpt);
        return Replies.RecipientOk;
    }

    private static Reply Refusal(ArgumentsRead read) => read switch
    {
        ArgumentsRead.BadPath => Replies.BadRecipient,
        ArgumentsRead.NotAscii => Replies.NeedsSmtpUtf8,
        ArgumentsRead.UnknownParameter => Replies.UnknownParameter,
        _ => Replies.BadArguments,
    };
}

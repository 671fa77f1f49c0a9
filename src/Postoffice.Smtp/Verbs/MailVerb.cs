using Postoffice.Smtp.Dialogue;
using Postoffice.Smtp.Grammar;
using Postoffice.Smtp.Intake;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Verbs;

/// <summary>MAIL (RFC 5321 §4.1.1.2): begins a transaction. Any sender will do, the null sender always.</summary>
internal sealed class MailVerb(FreeSpace space) : IVerb
{
    public ValueTask<Reply?> HandleAsync(string arguments, SmtpSession session) => new(Handle(arguments, session));

    private Reply Handle(string arguments, SmtpSession session)
    {
        var read = MailArguments.Parse(arguments, localPartOnly: session.Peer.Caller is not null, out var mail);
        if (read != ArgumentsRead.Good) return Refusal(read);
        var limit = session.Rules.Options.MaxMessageOctets;
        if (limit > 0 && mail.Size > limit) return Replies.TooLarge;
        if (!space.Fits(mail.Size ?? 0)) return Replies.StoreFull; // RFC 1870 §6.1
        session.BeginTransaction(mail);
        return Replies.SenderOk;
    }

    private static Reply Refusal(ArgumentsRead read) => read switch
    {
        ArgumentsRead.BadPath => Replies.BadSender,
        ArgumentsRead.NotAscii => Replies.NeedsSmtpUtf8,
        ArgumentsRead.UnknownParameter => Replies.UnknownParameter,
        _ => Replies.BadArguments,
    };
}

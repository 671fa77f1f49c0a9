using Postoffice.Smtp.Dialogue;
using Postoffice.Smtp.Intake;
using Postoffice.Store.Mail;
using Postoffice.Store.Wire;

namespace Postoffice.Smtp.Verbs;

/// <summary>DATA (RFC 5321 §4.1.1.4). Whatever the last reply, the transaction is over behind the final dot.</summary>
internal sealed class DataVerb(ListenerServices services) : IVerb
{
    public async ValueTask<Reply?> HandleAsync(string arguments, SmtpSession session)
    {
        if (arguments.Length > 0) return Replies.BadArguments;
        if (!services.Space.Fits(0)) return Replies.StoreFull; // before the 354: the client may try again with the same envelope
        var options = session.Rules.Options;
        await using var content = session.NewContent();
        var dots = new DotUnstuffer(session.MaxLineOctets);
        session.Wire.Write(Replies.StartData);
        var read = await session.ReaderInto(content).ReadDottedAsync(dots);
        if (read != WireRead.Octets) return session.EndInContent(read);

        var reply = content.Judge(dots.Defects) ?? await services.Acceptance.AcceptAsync(session.Submission(), content, options.HostName);
        if (reply.IsPermanent) ListenerLog.ContentRefused(services.Log, content.Id, session.Transaction!.Mail.From, $"{session.Peer}", reply);
        await session.EndTransactionAsync();
        return reply;
    }
}

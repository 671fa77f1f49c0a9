using Postoffice.Smtp.Dialogue;
using Postoffice.Smtp.Grammar;
using Postoffice.Smtp.Intake;
using Postoffice.Store.Mail;
using Postoffice.Store.Wire;

namespace Postoffice.Smtp.Verbs;

/// <summary>
/// BDAT (RFC 3030 §2): content in chunks that are counted out. The octets of a chunk are read whatever the reply, since they stand on the
/// wire already; a refused chunk, like the last, ends the transaction.
/// </summary>
internal sealed class BdatVerb(ListenerServices services) : IVerb
{
    public async ValueTask<Reply?> HandleAsync(string arguments, SmtpSession session)
    {
        if (!BdatArguments.TryParse(arguments, out var bdat)) return LostTrack(session);
        var options = session.Rules.Options;
        var content = session.Transaction!.Content ??= session.NewContent();
        var read = await session.ReaderInto(content).ReadCountedAsync(bdat.Octets);
        if (read != WireRead.Octets) return session.EndInContent(read);

        if (bdat.IsLast) content.Lines.Finish();
        var defects = content.Lines.Defects;
        if (bdat.IsLast && !content.Lines.IsAtLineStart) defects |= ContentDefects.BareLf; // the last line does not end
        var reply = content.Judge(defects);
        if (reply is null && !bdat.IsLast) return Replies.ChunkTaken;

        reply ??= await services.Acceptance.AcceptAsync(session.Submission(), content, options.HostName);
        if (reply.IsPermanent) ListenerLog.ContentRefused(services.Log, content.Id, session.Transaction.Mail.From, $"{session.Peer}", reply);
        await session.EndTransactionAsync();
        return reply;
    }

    public async ValueTask<Reply?> RefuseAsync(string arguments, SmtpSession session)
    {
        if (!BdatArguments.TryParse(arguments, out var bdat)) return LostTrack(session);
        var read = await session.ReaderInto(content: null).ReadCountedAsync(bdat.Octets);
        return read == WireRead.Octets ? Replies.OutOfPlace : session.EndInContent(read);
    }

    /// <summary>Nobody knows how many octets follow, so nobody knows where the next command begins.</summary>
    private static Reply LostTrack(SmtpSession session)
    {
        session.CloseAfterReply();
        return Replies.BadArguments;
    }
}

using Postoffice.Smtp.Dialogue;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Verbs;

/// <summary>NOOP, VRFY, EXPN, HELP and what we do not know: one answer, nothing changes.</summary>
internal sealed class FixedVerb(Reply reply) : IVerb
{
    public ValueTask<Reply?> HandleAsync(string arguments, SmtpSession session) => new(reply);
}

/// <summary>RSET (RFC 5321 §4.1.1.5).</summary>
internal sealed class RsetVerb : IVerb
{
    public async ValueTask<Reply?> HandleAsync(string arguments, SmtpSession session)
    {
        if (arguments.Length > 0) return Replies.BadArguments;
        await session.EndTransactionAsync();
        return Replies.Ok;
    }
}

/// <summary>QUIT (RFC 5321 §4.1.1.10).</summary>
internal sealed class QuitVerb : IVerb
{
    public ValueTask<Reply?> HandleAsync(string arguments, SmtpSession session)
    {
        if (arguments.Length > 0) return new(Replies.BadArguments);
        session.CloseAfterReply();
        return new(Replies.Bye);
    }
}

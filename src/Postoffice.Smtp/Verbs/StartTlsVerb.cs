using Microsoft.Extensions.Logging;
using Postoffice.Smtp.Dialogue;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Verbs;

/// <summary>STARTTLS (RFC 3207 §4).</summary>
internal sealed class StartTlsVerb(ILogger log) : IVerb
{
    public async ValueTask<Reply?> HandleAsync(string arguments, SmtpSession session)
    {
        if (arguments.Length > 0) return Replies.BadArguments;
        if (session.Tls is not null) return Replies.OutOfPlace;
        if (!session.MayStartTls) return Replies.NoTls;
        if (session.Wire.TryRead())
        {
            // Somebody on the way may have put it there, to be taken for what the client says under TLS.
            ListenerLog.PlainTextBehindStartTls(log, $"{session.Peer}");
            session.Cut();
            return null;
        }
        session.Wire.Write(Replies.ReadyForTls);
        if (await session.Wire.FlushAsync() && await session.SecureAsync()) return null;
        session.Cut();
        return null;
    }
}

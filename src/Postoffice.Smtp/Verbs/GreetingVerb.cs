using Postoffice.Smtp.Dialogue;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Verbs;

/// <summary>EHLO and HELO (RFC 5321 §4.1.1.1). Both drop an open transaction.</summary>
internal sealed class GreetingVerb(bool extended) : IVerb
{
    private const int MaxCharacters = 255;

    public async ValueTask<Reply?> HandleAsync(string arguments, SmtpSession session)
    {
        // What a client calls itself is recorded, shown and never trusted; refusing a strange name would only lose mail.
        if (arguments.Length is 0 or > MaxCharacters || MailText.HasControl(arguments)) return Replies.BadArguments;
        await session.EndTransactionAsync();
        session.Greet(arguments, extended);
        var self = session.Rules.Options.HostName.Value;
        return new Reply(250, null, extended ? $"{self}\n{string.Join('\n', Extensions(session))}" : self);
    }

    private static IEnumerable<string> Extensions(SmtpSession session)
    {
        var options = session.Rules.Options;
        yield return "PIPELINING"; // RFC 2920
        yield return $"SIZE {options.MaxMessageOctets}"; // RFC 1870; 0: no fixed limit
        yield return "8BITMIME"; // RFC 6152
        yield return "SMTPUTF8"; // RFC 6531
        yield return "ENHANCEDSTATUSCODES"; // RFC 2034
        yield return "DSN"; // RFC 3461
        yield return "CHUNKING"; // RFC 3030
        if (session.MayStartTls) yield return "STARTTLS"; // RFC 3207
        yield return $"LIMITS RCPTMAX={options.MaxRecipients}"; // RFC 9422
        yield return "HELP";
    }
}

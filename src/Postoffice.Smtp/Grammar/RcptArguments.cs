using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Grammar;

/// <summary>What RCPT says (RFC 5321 §4.1.1.3).</summary>
/// <param name="Notify">NOTIFY= (RFC 3461 §4.1); null when not given.</param>
/// <param name="OriginalRecipient">ORCPT= (RFC 3461 §4.2); null when not given.</param>
internal sealed record RcptArguments(ForwardPath To, Notify? Notify = null, OriginalRecipient? OriginalRecipient = null)
{
    /// <param name="smtpUtf8">Whether SMTPUTF8 came with MAIL.</param>
    /// <param name="localPartOnly">Whether a local part alone will do (local submission).</param>
    /// <param name="rcpt">Null unless good.</param>
    public static ArgumentsRead Parse(ReadOnlySpan<char> arguments, bool smtpUtf8, bool localPartOnly, out RcptArguments? rcpt)
    {
        rcpt = null;
        if (!PathAndParameters.TryRead(arguments, "TO:", out var read)) return ArgumentsRead.Malformed;

        Notify? notify = null;
        OriginalRecipient? original = null;
        for (var rest = read.Parameters; !rest.IsEmpty;)
        {
            if (!PathAndParameters.TryTake(ref rest, out var keyword, out _, out var value)) return ArgumentsRead.Malformed;
            if (keyword.Equals("NOTIFY", StringComparison.OrdinalIgnoreCase))
            {
                if (notify is not null || !DsnParameters.TryParseNotify(value, out var conditions)) return ArgumentsRead.Malformed;
                notify = conditions;
            }
            else if (keyword.Equals("ORCPT", StringComparison.OrdinalIgnoreCase))
            {
                if (original is not null || !OriginalRecipient.TryParse(value, smtpUtf8, out original)) return ArgumentsRead.Malformed;
            }
            else
            {
                return ArgumentsRead.UnknownParameter;
            }
        }

        if (!smtpUtf8 && !System.Text.Ascii.IsValid(read.Path)) return ArgumentsRead.NotAscii;
        if (!ForwardPath.TryParse(read.Path, smtpUtf8, out var to, localPartOnly)) return ArgumentsRead.BadPath;
        rcpt = new RcptArguments(to, notify, original);
        return ArgumentsRead.Good;
    }
}

using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Grammar;

/// <summary>What MAIL says (RFC 5321 §4.1.1.2).</summary>
/// <param name="Size">SIZE= (RFC 1870); null when not given.</param>
/// <param name="Body">BODY= (RFC 6152), upper case; null when not given.</param>
/// <param name="Ret">RET= (RFC 3461 §4.3); null when not given.</param>
/// <param name="EnvelopeId">ENVID=, decoded (RFC 3461 §4.4); null when not given.</param>
internal sealed record MailArguments(
    ReversePath From, long? Size = null, string? Body = null, bool SmtpUtf8 = false, Ret? Ret = null, string? EnvelopeId = null)
{
    private const int MaxSizeDigits = 20; // RFC 1870 §5

    /// <param name="localPartOnly">Whether a local part alone will do (local submission).</param>
    public static ArgumentsRead Parse(ReadOnlySpan<char> arguments, bool localPartOnly, out MailArguments mail)
    {
        mail = new MailArguments(ReversePath.Null);
        if (!PathAndParameters.TryRead(arguments, "FROM:", out var read)) return ArgumentsRead.Malformed;

        for (var rest = read.Parameters; !rest.IsEmpty;)
        {
            if (!PathAndParameters.TryTake(ref rest, out var keyword, out var hasValue, out var value)) return ArgumentsRead.Malformed;
            var taken = mail.With(keyword, hasValue, value, out mail);
            if (taken != ArgumentsRead.Good) return taken;
        }

        if (!mail.SmtpUtf8 && !System.Text.Ascii.IsValid(read.Path)) return ArgumentsRead.NotAscii;
        if (!ReversePath.TryParse(read.Path, mail.SmtpUtf8, out var from, localPartOnly)) return ArgumentsRead.BadPath;
        mail = mail with { From = from };
        return ArgumentsRead.Good;
    }

    private ArgumentsRead With(ReadOnlySpan<char> keyword, bool hasValue, ReadOnlySpan<char> value, out MailArguments mail)
    {
        mail = this;
        if (keyword.Equals("SIZE", StringComparison.OrdinalIgnoreCase))
        {
            if (Size is not null || !TryParseSize(value, out var size)) return ArgumentsRead.Malformed;
            mail = this with { Size = size };
        }
        else if (keyword.Equals("BODY", StringComparison.OrdinalIgnoreCase))
        {
            if (Body is not null || BodyOf(value) is not { } body) return ArgumentsRead.Malformed;
            mail = this with { Body = body };
        }
        else if (keyword.Equals("SMTPUTF8", StringComparison.OrdinalIgnoreCase))
        {
            if (SmtpUtf8 || hasValue) return ArgumentsRead.Malformed;
            mail = this with { SmtpUtf8 = true };
        }
        else if (keyword.Equals("RET", StringComparison.OrdinalIgnoreCase))
        {
            if (Ret is not null || !DsnParameters.TryParseRet(value, out var ret)) return ArgumentsRead.Malformed;
            mail = this with { Ret = ret };
        }
        else if (keyword.Equals("ENVID", StringComparison.OrdinalIgnoreCase))
        {
            if (EnvelopeId is not null || !DsnParameters.TryParseEnvelopeId(value, out var id)) return ArgumentsRead.Malformed;
            mail = this with { EnvelopeId = id };
        }
        else
        {
            return ArgumentsRead.UnknownParameter;
        }
        return ArgumentsRead.Good;
    }

    /// <summary>More digits than a long holds are a size beyond every limit, not an error.</summary>
    private static bool TryParseSize(ReadOnlySpan<char> value, out long size)
    {
        size = 0;
        if (value.Length is 0 or > MaxSizeDigits || value.ContainsAnyExceptInRange('0', '9')) return false;
        if (!long.TryParse(value, out size)) size = long.MaxValue;
        return true;
    }

    /// <summary>BINARYMIME is not announced (RFC 3030 §3), so it is no value here.</summary>
    private static string? BodyOf(ReadOnlySpan<char> value) => value switch
    {
        _ when value.Equals("7BIT", StringComparison.OrdinalIgnoreCase) => "7BIT",
        _ when value.Equals("8BITMIME", StringComparison.OrdinalIgnoreCase) => "8BITMIME",
        _ => null,
    };
}

namespace Postoffice.Smtp.Dialogue;

/// <summary>The verbs we know (RFC 5321 §4.1.1, RFC 3030, RFC 3207); anything else is <see cref="Unknown"/>.</summary>
internal enum VerbName
{
    Unknown,
    Ehlo,
    Helo,
    Mail,
    Rcpt,
    Data,
    Bdat,
    Rset,
    Noop,
    Vrfy,
    Expn,
    Help,
    Quit,
    StartTls,
}

namespace Postoffice.Smtp.Grammar;

/// <summary>What reading the arguments of MAIL or RCPT came to.</summary>
internal enum ArgumentsRead
{
    Good,

    /// <summary>Not the form of RFC 5321 §4.1.1.2, §4.1.1.3, or a parameter with a value it cannot have.</summary>
    Malformed,

    /// <summary>No mailbox stands between the brackets.</summary>
    BadPath,

    /// <summary>The path has characters beyond ASCII, and SMTPUTF8 is not in force.</summary>
    NotAscii,

    /// <summary>A parameter that was not announced.</summary>
    UnknownParameter,
}

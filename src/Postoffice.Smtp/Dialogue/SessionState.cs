namespace Postoffice.Smtp.Dialogue;

/// <summary>How far a session has come.</summary>
internal enum SessionState
{
    /// <summary>Nobody said EHLO or HELO yet, or TLS has just begun.</summary>
    Connected,

    /// <summary>EHLO or HELO was said; no transaction is open.</summary>
    Greeted,

    /// <summary>MAIL was taken.</summary>
    SenderGiven,

    /// <summary>At least one RCPT was taken.</summary>
    RecipientGiven,

    /// <summary>A BDAT chunk was taken that was not the last.</summary>
    ContentBegun,

    /// <summary>The last reply ends the session.</summary>
    Closing,
}

namespace Postoffice.Admin.Sendmail;

/// <summary>What a sendmail name was asked to do: its own default, or the letter behind <c>-b</c> (C-CLI-10).</summary>
internal enum SendmailMode
{
    /// <summary><c>-bm</c>: submit the message on standard input.</summary>
    Submit,

    /// <summary><c>-bs</c>: SMTP on standard input and output.</summary>
    Session,

    /// <summary><c>-bp</c>, mailq: list the queue.</summary>
    List,

    /// <summary><c>-bq</c>, <c>-q</c>, runq: everything is due now.</summary>
    RunQueue,

    /// <summary><c>-bi</c>, <c>-I</c>, newaliases.</summary>
    Aliases,

    /// <summary><c>-bd</c>, smtpd: start the services and go.</summary>
    Daemon,

    /// <summary><c>-bD</c>: become the listener.</summary>
    ForegroundDaemon,

    /// <summary><c>-V</c> alone, <c>--version</c>.</summary>
    Version,

    /// <summary><c>--help</c>.</summary>
    Help,
}

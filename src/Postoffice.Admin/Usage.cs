namespace Postoffice.Admin;

/// <summary>What the sendmail names say of themselves.</summary>
internal static class Usage
{
    public static string Line(string program) => program switch
    {
        "mailq" => "mailq [-C FILE] [--json]",
        "runq" => "runq [-C FILE] [-v] [-R DESTINATION] [-S SENDER] [-I ID]",
        "newaliases" => "newaliases [-C FILE]",
        "smtpd" => "smtpd [-C FILE] [-d] [-qTIME]",
        "authexpire" => "authexpire [-C FILE]",
        _ => $"{program} [-C FILE] [-t] [-i] [-f SENDER] [-F NAME] [-N NOTIFY] [-R RETURN] [-V ENVID] [--] [RECIPIENT ...]",
    };

    public static string Text(string program) => $"usage: {Line(program)}\n\n" + program switch
    {
        "mailq" =>
            """
            Lists the mail that waits, oldest first. *ID* is being tried, !ID! is held.

              mailq
              mailq --json

            """,
        "runq" =>
            """
            Tries now what waits, whatever its next instant is; what is held stays. With -v the conversations are shown.

              -R DESTINATION   only recipients with this in their address, or in the name of the host they were last tried at
              -S SENDER        only mail with this in its reverse-path; '<>' for notifications
              -I ID            only messages with this in their queue id

              runq -v
              runq -R example.test

            """,
        "newaliases" => "Rebuilds the aliases. This version has none.\n",
        "smtpd" =>
            """
            Starts postoffice-smtpd, with -qTIME also postoffice-runner. With -d it stays in the foreground.

              smtpd -q5m

            """,
        "authexpire" => "Cleans the greylist. This version has none.\n",
        _ =>
            """
            Sends the message on standard input to the recipients named, with -t also to those of its To, Cc and Bcc.

              -t          take recipients from the header; Bcc is removed
              -i          a line with only a dot does not end the message
              -f SENDER   reverse-path: where bounces go; '' for nowhere
              -F NAME     full name for the From field, if the message has none
              -N NOTIFY   never, or any of success,failure,delay
              -R RETURN   full or hdrs: what a failure notice returns
              -V ENVID    envelope id for notices; alone: the version
              -bs         speak SMTP on standard input and output
              -bp, -q     list the queue (mailq), run it (runq)
              -qR, -qS, -qI TEXT   run what has TEXT in its recipient, sender, queue id
              -bd, -bD    start postoffice-smtpd, in the foreground with -bD
              -v          say where the message waits when no listener takes it

              printf 'Subject: hello\n\nhello\n' | sendmail bob@example.test

            """,
    };
}

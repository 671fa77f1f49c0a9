using Postoffice.Smtp.Dialogue;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Verbs;

/// <summary>Which object answers which verb. They keep no state, so all sessions share them.</summary>
internal sealed class VerbTable
{
    private readonly IVerb[] verbs = new IVerb[Enum.GetValues<VerbName>().Length];

    public VerbTable(ListenerServices services)
    {
        verbs[(int)VerbName.Unknown] = new FixedVerb(Replies.UnknownVerb);
        verbs[(int)VerbName.Ehlo] = new GreetingVerb(extended: true);
        verbs[(int)VerbName.Helo] = new GreetingVerb(extended: false);
        verbs[(int)VerbName.Mail] = new MailVerb(services.Space);
        verbs[(int)VerbName.Rcpt] = new RcptVerb(services);
        verbs[(int)VerbName.Data] = new DataVerb(services);
        verbs[(int)VerbName.Bdat] = new BdatVerb(services);
        verbs[(int)VerbName.Rset] = new RsetVerb();
        verbs[(int)VerbName.Noop] = new FixedVerb(Replies.Ok);
        verbs[(int)VerbName.Vrfy] = new FixedVerb(Replies.CannotVerify);
        verbs[(int)VerbName.Expn] = new FixedVerb(Replies.NotDone);
        verbs[(int)VerbName.Help] = new FixedVerb(Help);
        verbs[(int)VerbName.Quit] = new QuitVerb();
        verbs[(int)VerbName.StartTls] = new StartTlsVerb(services.Log);
    }

    public IVerb this[VerbName name] => verbs[(int)name];

    private static readonly Reply Help = new(214, new(2, 0, 0), "EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP STARTTLS QUIT\nRFC 5321");
}

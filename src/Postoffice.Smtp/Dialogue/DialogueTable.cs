using static Postoffice.Smtp.Dialogue.SessionState;
using static Postoffice.Smtp.Dialogue.VerbName;

namespace Postoffice.Smtp.Dialogue;

/// <summary>
/// What may be said when, and where it leads (RFC 5321 §4.1.4, RFC 3030 §2, RFC 3207 §4.2). A refused verb keeps the state, but DATA past its
/// 354, and BDAT with LAST or refused, ends the transaction whatever the reply (§4.1.1.4).
/// </summary>
internal static class DialogueTable
{
    /// <returns>The state after the verb was taken; null when the verb is out of place: 503.</returns>
    public static SessionState? Next(SessionState state, VerbName verb) => (state, verb) switch
    {
        (_, Quit) => Closing,
        (_, Noop or Help or Vrfy or Expn or Unknown) => state,
        (Connected, Rset) => Connected,
        (_, Ehlo or Helo or Rset) => Greeted, // each also drops an open transaction
        (Greeted, StartTls) => Connected,     // forget what was said in the clear
        (Greeted, Mail) => SenderGiven,
        (SenderGiven or RecipientGiven, Rcpt) => RecipientGiven,
        (RecipientGiven, Data) => Greeted,
        (RecipientGiven or ContentBegun, Bdat) => ContentBegun, // LAST ends the transaction: Greeted
        _ => null,
    };
}

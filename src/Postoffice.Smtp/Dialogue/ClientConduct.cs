using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Dialogue;

/// <summary>
/// How much of a session was no mail. Malformed, unknown and misplaced commands are errors at once. Harmless ones that lead nowhere (NOOP, RSET, a
/// refused recipient) become errors beyond an allowance, so that nobody goes on for ever: a wide one, since a list with dead addresses is not an
/// attack. An accepted message wipes the slate clean.
/// </summary>
internal sealed class ClientConduct
{
    private const int FruitlessAllowed = 100; // as many as Postfix's smtpd_junk_command_limit
    private const int OvershootAllowed = 1_000; // as many as its smtpd_recipient_overshoot_limit: clients pipeline a whole list
    private int fruitless, overshoot;

    /// <summary>To be compared with <c>max-errors=</c>.</summary>
    public int Errors { get; private set; }

    /// <param name="reply">Null when the client was told otherwise.</param>
    /// <param name="fruitful">The transaction grew by it.</param>
    public void Count(Reply? reply, bool fruitful)
    {
        var isError = reply switch
        {
            { Code: 500 or 501 or 502 or 503 or 555 } => true,
            _ when reply == Replies.TooManyRecipients => ++overshoot > OvershootAllowed,
            _ => !fruitful && ++fruitless > FruitlessAllowed,
        };
        if (isError) Errors++;
    }

    /// <summary>A message was accepted.</summary>
    public void Renew() => Errors = fruitless = overshoot = 0;
}

using Postoffice.Smtp.Dialogue;
using Postoffice.Store.Mail;

namespace Postoffice.Smtp.Verbs;

/// <summary>One verb: parse, judge, change, reply. Whether it may be said now was the table's business.</summary>
internal interface IVerb
{
    /// <param name="arguments">Without the blanks around them.</param>
    /// <returns>Null when everything was said already.</returns>
    ValueTask<Reply?> HandleAsync(string arguments, SmtpSession session);

    /// <summary>The verb is out of place: what follows it on the wire must still be read.</summary>
    ValueTask<Reply?> RefuseAsync(string arguments, SmtpSession session) => new(Replies.OutOfPlace);
}

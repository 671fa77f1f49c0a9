using Postoffice.Store.Mail;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Transports;

/// <summary>What it means for a recipient that a reply is not the one hoped for. The peer's words are kept as they were; only the meaning is ours.</summary>
internal static class Refusal
{
    /// <summary>4yz and 5yz say it themselves. What fits no command, such as 250 where 354 is due, is the peer's confusion: tried again later.</summary>
    public static RecipientResult Of(int recipient, Reply reply) => reply.Code >= 400
        ? new RecipientResult.Refused(recipient, reply)
        : new RecipientResult.PutOff(recipient, "this reply does not fit what was asked", Reply: reply);

    /// <summary>
    /// To one recipient after others were taken: 552 is what older servers say to one too many, and later it is not too many (RFC 5321 §4.5.3.1.10).
    /// </summary>
    public static RecipientResult OfOneMore(int recipient, Reply reply) => reply is { Code: 552, Status: null or { Subject: 5, Detail: 3 } }
        ? new RecipientResult.PutOff(recipient, "taken as too many recipients at once", Reply: reply)
        : Of(recipient, reply);
}

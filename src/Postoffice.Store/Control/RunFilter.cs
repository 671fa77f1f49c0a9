using Postoffice.Store.Queue;

namespace Postoffice.Store.Control;

/// <summary>
/// Which recipients a run of the queue is for, in the manner of sendmail's <c>-qR</c>, <c>-qS</c> and <c>-qI</c>: each a part of what it is compared
/// with, in capitals or not. Null asks for nothing.
/// </summary>
/// <param name="Destination">Part of the recipient's address, or of the host it was last tried at or is rerouted to.</param>
/// <param name="Sender">Part of the reverse-path; <c>&lt;&gt;</c> for the null reverse-path.</param>
/// <param name="Id">Part of the queue id.</param>
public sealed record RunFilter(string? Destination = null, string? Sender = null, string? Id = null)
{
    public bool Fits(QueuedMessage message, QueuedRecipient recipient) =>
        (Id is null || IsPart(Id, $"{message.Id}"))
        && (Sender is null || (Sender == "<>" ? message.Accepted.From.IsNull : IsPart(Sender, $"{message.Accepted.From}")))
        && (Destination is null
            || IsPart(Destination, $"{recipient.Accepted.To}")
            || IsPart(Destination, recipient.LastHost)
            || IsPart(Destination, message.Rerouted?.To?.ToString()));

    private static bool IsPart(string wanted, string? of) => of?.Contains(wanted, StringComparison.OrdinalIgnoreCase) == true;
}

using Postoffice.Store.Mail;
using Postoffice.Store.Queries;

namespace Postoffice.Admin.Output;

/// <summary>
/// The queue as <c>mailq</c> has always shown it (C-CLI-46 to 49), but for the first column: our ids have twelve characters. <c>*ID*</c> is being
/// tried, <c>!ID!</c> is held.
/// </summary>
internal sealed class ClassicQueueListing(TextWriter output, TimeText time)
{
    private const int IdColumn = 14;
    private const int RecipientColumn = 36;
    private const int CommentCharacters = 62;
    private bool begun;

    /// <param name="count">Messages in the queue; null when only some may be seen.</param>
    public void Begin(long? count)
    {
        if (begun) return;
        begun = true;
        output.WriteLine(count is { } number ? $"   Mail Queue ({number} request{(number == 1 ? "" : "s")})" : "   Mail Queue (your requests)");
        output.WriteLine($" {"--ID--",-12}  --Size-- -----Queued------ ------Sender/Recipient------");
    }

    public void Write(QueueEntry entry)
    {
        Begin(null);
        if (entry.Problem is { } problem)
        {
            output.WriteLine($" {entry.QueueId}  ({PrintableText.Escape(problem)})");
            return;
        }
        var id = entry switch
        {
            { Held: not null } => $"!{entry.QueueId}!",
            { Trying: true } => $"*{entry.QueueId}*",
            _ => $" {entry.QueueId} ",
        };
        var sender = entry.Sender.Length == 0 ? "<>" : PrintableText.Escape(entry.Sender);
        output.WriteLine($"{id,IdColumn} {SizeText.Of(entry.Size),8} {time.Classic(entry.AcceptedAt),17} {sender}");
        if (Comment(entry) is { } comment) output.WriteLine($"{"",17} {comment}");
        if (entry.Rerouted is { } rerouted) output.WriteLine($"{"",17} {PrintableText.Escape($"goes to {rerouted}", CommentCharacters)}");
        foreach (var recipient in entry.Recipients) output.WriteLine($"{"",RecipientColumn}{PrintableText.Escape(recipient.Address)}");
    }

    public void End()
    {
        if (!begun) output.WriteLine("Mail queue is empty.");
    }

    /// <summary>Why it waits: who holds it and why, or what was last heard (C-CLI-47).</summary>
    private static string? Comment(QueueEntry entry)
    {
        var words = entry.Held is { } held ? $"held by {held}" : entry.Recipients.Select(recipient => recipient.LastReply).FirstOrDefault(reply => reply is not null);
        return string.IsNullOrEmpty(words) ? null : PrintableText.Escape(words.Replace('\n', ' '), CommentCharacters);
    }
}

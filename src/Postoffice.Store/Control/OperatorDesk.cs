using System.Runtime.CompilerServices;
using Postoffice.Store.Events;
using Postoffice.Store.Log;
using Postoffice.Store.Mail;
using Postoffice.Store.Native;
using Postoffice.Store.Queue;

namespace Postoffice.Store.Control;

/// <summary>
/// Does what operators order, a message after the other: one in trouble keeps none of the others. Each message done or not is a line of the
/// answer, and the worst of them the exit code.
/// </summary>
public sealed class OperatorDesk(IMessageActs acts)
{
    private const int Usage = 64, Data = 65, NoInput = 66, Unavailable = 69, Temporary = 75, NotPermitted = 77; // sysexits.h

    public async IAsyncEnumerable<ControlAnswer> AnswerAsync(ControlRequest request, ControlRights rights, [EnumeratorCancellation] CancellationToken ct)
    {
        if (!rights.Everything)
        {
            yield return ControlAnswer.Ended(NotPermitted, "This is for root, the store's owner and the users that operator= names.");
            yield break;
        }
        if (OperatorAct.From(request, NameOf(rights.Uid), out var problem) is not { } act)
        {
            yield return ControlAnswer.Ended(Usage, problem);
            yield break;
        }
        if (act.Notifies && !acts.CanNotify)
        {
            yield return ControlAnswer.Ended(Unavailable, "Only postoffice-runner can do that, since it tells the sender; it does not run.");
            yield break;
        }
        var exitCode = 0;
        foreach (var id in act.Order.Ids)
        {
            var entry = await ActAsync(act, id, ct);
            exitCode = Math.Max(exitCode, entry.ExitCode);
            yield return new ControlAnswer { Act = entry };
        }
        yield return ControlAnswer.Ended(exitCode);
    }

    private async Task<ActEntry> ActAsync(OperatorAct act, string text, CancellationToken ct)
    {
        if (!QueueId.TryParse(text, out var id)) return Undone(NotAnId(text), Usage);
        QueuedMessage? seen = null;
        QueueEvent? decided = null;
        var isOwing = false;
        try
        {
            if (await acts.ActAsync(id, Decide, ct)) return new ActEntry($"{id}", Changed: true, OperatorAct.Told(decided!), 0);
            if (isOwing) return Undone("has failures that its sender must be told of when it ends, which only postoffice-runner can do; it does not run", Unavailable);
            if (seen is null) return Undone("is unknown: the journal has no such message", NoInput);
            var (words, exitCode) = act.Untold(seen);
            return Undone(words, exitCode);
        }
        catch (StoreUnavailableException trouble)
        {
            return Undone($"cannot be changed now: {trouble.Message}", Temporary);
        }
        catch (UnreadableFactException unreadable)
        {
            return Undone($"cannot be read: {unreadable.Message}", Data);
        }

        QueueEvent? Decide(QueuedMessage message)
        {
            decided = act.Decide(seen = message);
            isOwing = !acts.CanNotify && decided is MessageCancelled cancelled && DecideReport.IsOwed(message) && EndsAll(cancelled, message);
            return isOwing ? null : decided;
        }

        ActEntry Undone(string words, int exitCode) => new(PrintableText.Escape(text, 40), Changed: false, words, exitCode);
    }

    private static bool EndsAll(MessageCancelled cancelled, QueuedMessage message) =>
        cancelled.Trying is null && message.Recipients.Values.All(recipient => recipient.IsSettled || cancelled.Recipients.Contains(recipient.Number));

    /// <summary>Behind the word itself, which cannot be seen when it is empty.</summary>
    private static string NotAnId(string text) =>
        $"{(text.Length == 0 ? "an empty word " : "")}is not a queue id: these have {QueueId.Length} letters and digits";

    /// <summary>Facts name people, not numbers.</summary>
    private static string NameOf(uint uid)
    {
        try
        {
            return SystemUser.Find(uid)?.Name ?? $"uid {uid}";
        }
        catch (IOException)
        {
            return $"uid {uid}"; // nobody can be asked now
        }
    }
}

using Postoffice.Runner.Routing;
using Postoffice.Store.Events;
using Postoffice.Store.Queue;

namespace Postoffice.Runner.Scheduling;

/// <summary>One attempt to be made: these recipients of one message by one route.</summary>
/// <param name="Number">Within the message; used by no other attempt.</param>
/// <param name="Message">As it stood when the attempt was planned.</param>
internal sealed record Attempt(QueuedMessage Message, int Number, IReadOnlyList<QueuedRecipient> Recipients, Route Route)
{
    /// <summary>Makes the intent durable, see <see cref="OutcomeRecorder.BeginAsync"/>; answers whom it names.</summary>
    public required Func<AttemptRoute, CancellationToken, Task<ValueList<int>>> IntendAsync { get; init; }

    /// <summary>Makes the intent durable.</summary>
    /// <returns>The attempt for those whom the intent names: others ended since it was planned. Null when nothing may leave.</returns>
    public async Task<Attempt?> BeginAsync(AttemptRoute to, CancellationToken ct)
    {
        var named = await IntendAsync(to, ct);
        return named.Count == 0 ? null : this with { Recipients = [.. Recipients.Where(recipient => named.Contains(recipient.Number))] };
    }

    /// <summary>The same for every recipient.</summary>
    public IReadOnlyList<RecipientResult> All(Func<int, RecipientResult> result) => [.. Recipients.Select(recipient => result(recipient.Number))];
}

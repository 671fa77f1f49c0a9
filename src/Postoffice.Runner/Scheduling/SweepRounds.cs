using Microsoft.Extensions.Logging;
using Postoffice.Runner.Deliverer;
using Postoffice.Runner.Deliverer.Protocol;
using Postoffice.Runner.Transports;
using Postoffice.Store;
using Postoffice.Store.Log;

namespace Postoffice.Runner.Scheduling;

/// <summary>
/// Has the mailboxes to which this term delivers freed once a day of what deliveries without an intent left in them. A file whose intent is
/// open stays: gone, it would look delivered. A file whose intent comes after the look is too young to be swept.
/// </summary>
/// <param name="sweep">Asks for one user's mailbox, see <see cref="DelivererClient.SweepAsync"/>.</param>
/// <param name="hasRecovered">Whether the attempts of an earlier runner have been looked at.</param>
internal sealed class SweepRounds(
    MailStore store, Func<string, IReadOnlyCollection<string>, CancellationToken, Task<int?>> sweep, Func<bool> hasRecovered, TimeProvider clock, ILogger log)
{
    private const int MaxUsers = 100_000; // facts name them, and memory has a limit
    private static readonly TimeSpan Interval = TimeSpan.FromDays(1);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromHours(1);

    private readonly Lock gate = new();
    private readonly HashSet<string> users = new(StringComparer.Ordinal);
    private readonly PriorityQueue<string, DateTimeOffset> turns = new(); // by the instant when each is due

    /// <summary>Something is being delivered to this user.</summary>
    public void Remember(string user)
    {
        lock (gate)
        {
            if (users.Count < MaxUsers && users.Add(user)) turns.Enqueue(user, DateTimeOffset.MinValue);
        }
    }

    /// <summary>Sweeps the mailbox of the next user, if it is due.</summary>
    /// <exception cref="StoreUnavailableException">The open intents cannot be read now; tried again in an hour.</exception>
    public async Task StepAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (!hasRecovered() || TakeTurn(now) is not { } user) return;
        var next = now + RetryInterval;
        try
        {
            if (OpenNames() is not { } keep || await sweep(user, keep, ct) is not { } count) return;
            next = now + Interval;
            if (count > 0) RunnerLog.Swept(log, user, count);
        }
        finally
        {
            lock (gate) turns.Enqueue(user, next);
        }
    }

    private string? TakeTurn(DateTimeOffset now)
    {
        lock (gate) return turns.TryPeek(out _, out var due) && due <= now ? turns.Dequeue() : null;
    }

    /// <returns>Null when too many are open to name them all.</returns>
    private IReadOnlyList<string>? OpenNames()
    {
        var names = store.Due.OpenMaildirNames(Messages.MaxKeptNames + 1);
        return names.Count > Messages.MaxKeptNames ? null : names;
    }
}

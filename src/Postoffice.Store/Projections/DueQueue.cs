using Postoffice.Store.Mail;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Projections;

/// <summary>One recipient that waits.</summary>
/// <param name="Domain">What stands behind the <c>@</c> of its address; empty for a local part alone.</param>
public sealed record DueDelivery(QueueId Message, int Recipient, DateTimeOffset DueAt, string Domain = "");

/// <summary>Asks which recipients wait; always as of the journal's last fact.</summary>
public sealed class DueQueue
{
    private readonly Database database;

    internal DueQueue(Database database) => this.database = database;

    /// <summary>Recipients whose time has come, longest waiting first.</summary>
    /// <param name="before">Due at or before this instant.</param>
    /// <param name="after">Goes on behind this one of an earlier answer; null from the start.</param>
    public IReadOnlyList<DueDelivery> Due(DateTimeOffset before, DueDelivery? after, int limit) => database.Read(tx => tx.All(
        """
        SELECT queue_id, recipient, due_at_ms, domain FROM due_delivery
         WHERE attempt IS NULL AND held = 0 AND due_at_ms <= ?1
           AND (due_at_ms, queue_id, recipient) > (?2, ?3, ?4)
         ORDER BY due_at_ms, queue_id, recipient LIMIT ?5
        """,
        Read, Milliseconds(before), Milliseconds(after?.DueAt), after?.Message.ToString() ?? "", after?.Recipient ?? 0, limit));

    /// <summary>The same for the recipients of one domain; costs nothing for all the others.</summary>
    /// <param name="domain">As <see cref="DueDelivery.Domain"/> says.</param>
    public IReadOnlyList<DueDelivery> DueOf(string domain, DateTimeOffset before, DueDelivery? after, int limit) => database.Read(tx => tx.All(
        """
        SELECT queue_id, recipient, due_at_ms, domain FROM due_delivery
         WHERE attempt IS NULL AND held = 0 AND domain = ?6 AND due_at_ms <= ?1
           AND (due_at_ms, queue_id, recipient) > (?2, ?3, ?4)
         ORDER BY due_at_ms, queue_id, recipient LIMIT ?5
        """,
        Read, Milliseconds(before), Milliseconds(after?.DueAt), after?.Message.ToString() ?? "", after?.Recipient ?? 0, limit, domain));

    /// <summary>Domains with recipients whose time has come, in alphabetical order. Costs a step for each domain, not for each recipient.</summary>
    /// <param name="before">Due at or before this instant.</param>
    /// <param name="after">Goes on behind this one; empty for the start, and then without the local parts alone, which have no domain.</param>
    public IReadOnlyList<string> DueDomains(DateTimeOffset before, string after, int limit) => database.Read(tx =>
    {
        var domains = new List<string>();
        for (var next = Next(after); next is not null && domains.Count < limit; next = Next(next.Domain))
        {
            if (next.DueAt <= before) domains.Add(next.Domain);
        }
        return domains;

        DueDelivery? Next(string behind) => tx.One(
            """
            SELECT queue_id, recipient, due_at_ms, domain FROM due_delivery
             WHERE attempt IS NULL AND held = 0 AND domain > ?1 ORDER BY domain, due_at_ms LIMIT 1
            """,
            Read, behind);
    });

    /// <summary>Messages with a recipient that waits, not held and not being tried, in the order they came.</summary>
    /// <param name="after">Goes on behind this one of an earlier answer.</param>
    /// <param name="before">Up to this one.</param>
    /// <param name="dueBefore">Due at or before this instant.</param>
    public IReadOnlyList<QueueId> Waiting(QueueId after, QueueId before, DateTimeOffset dueBefore, int limit) => database.Read(tx => tx.All(
        """
        SELECT DISTINCT queue_id FROM due_delivery NOT INDEXED -- by its primary key: what waits and is not old costs nothing
         WHERE attempt IS NULL AND held = 0 AND queue_id > ?1 AND queue_id < ?2 AND due_at_ms <= ?3
         ORDER BY queue_id LIMIT ?4
        """,
        row => QueueId.Parse(row.Text(0)), after.ToString(), before.ToString(), dueBefore.ToUnixTimeMilliseconds(), limit));

    /// <summary>When the next recipient is due; null when none waits.</summary>
    public DateTimeOffset? NextDueAt() =>
        database.Read(tx => tx.Number("SELECT min(due_at_ms) FROM due_delivery WHERE attempt IS NULL AND held = 0")) is { } due
            ? DateTimeOffset.FromUnixTimeMilliseconds(due)
            : null;

    /// <summary>Messages with an attempt that has no outcome: under way in this process, or cut off by the end of an earlier one.</summary>
    /// <param name="alsoHeld">Also those that are held.</param>
    public IReadOnlyList<QueueId> Started(bool alsoHeld) => database.Read(tx => tx.All(
        "SELECT DISTINCT queue_id FROM due_delivery WHERE attempt IS NOT NULL AND (held = 0 OR ?1)",
        row => QueueId.Parse(row.Text(0)), alsoHeld ? 1 : 0));

    /// <summary>Names of the Maildir files whose delivery has begun and has no outcome, also of messages that are held.</summary>
    public IReadOnlyList<string> OpenMaildirNames(int limit) => database.Read(tx => tx.All(
        """
        SELECT e.data ->> '$.route.mailbox.name'
          FROM due_delivery d JOIN event e ON e.stream = 'message/' || d.queue_id AND e.name = 'attempt-started.v1' AND e.data ->> '$.attempt' = d.attempt
         WHERE d.attempt IS NOT NULL AND e.data ->> '$.route.mailbox.kind' = 'maildir' AND e.data ->> '$.route.mailbox.name' IS NOT NULL
         LIMIT ?1
        """,
        row => row.Text(0), limit));

    private static DueDelivery Read(Row row) =>
        new(QueueId.Parse(row.Text(0)), (int)row.Integer(1), DateTimeOffset.FromUnixTimeMilliseconds(row.Integer(2)), row.Text(3));

    private static long Milliseconds(DateTimeOffset? instant) => instant?.ToUnixTimeMilliseconds() ?? -1;
}

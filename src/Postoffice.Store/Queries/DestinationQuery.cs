using Postoffice.Store.Log;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Queries;

/// <summary>What waits for whom, by the domains of the addresses; rerouted mail by its next hop. Counted as of the journal's last fact.</summary>
public sealed class DestinationQuery
{
    private readonly Database database;

    internal DestinationQuery(Database database) => this.database = database;

    /// <summary>A row for each domain in the queue, the most crowded first.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    public IReadOnlyList<QueuedDomain> Domains() => database.Read(tx => tx.All(
        // With max() alone, the other columns of mail_recipient are those of the row that has it: the recipient tried most often.
        """
        SELECT CASE WHEN m.rerouted IS NOT NULL THEN substr(m.rerouted, 1, instr(m.rerouted, ' ') - 1) -- as MessageRerouted.Words has it
                    WHEN d.domain = '' AND instr(r.address, '@') THEN substr(r.address, instr(r.address, '@') + 1)
                    ELSE d.domain END AS name,
               sum(d.attempt IS NULL AND d.held = 0) AS waiting, sum(d.attempt IS NOT NULL), sum(d.attempt IS NULL AND d.held = 1),
               max(r.attempts), r.last_reply, CASE WHEN m.rerouted IS NULL THEN r.address END
          FROM due_delivery d
          LEFT JOIN mail m ON m.queue_id = d.queue_id
          LEFT JOIN mail_recipient r ON r.queue_id = d.queue_id AND r.number = d.recipient
         GROUP BY name ORDER BY waiting DESC, name
        """,
        row => new QueuedDomain(
            new DestinationEntry(row.Text(0), row.Integer(1), row.Integer(2), row.Integer(3), row.TextOrNull(5)), row.TextOrNull(6))));
}

/// <param name="Entry">The domain and its counts.</param>
/// <param name="Address">One of the recipients; null where the name is a next hop, and while the rows lag behind the journal.</param>
public sealed record QueuedDomain(DestinationEntry Entry, string? Address);

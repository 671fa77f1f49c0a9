using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Queries;

/// <param name="Destination">A domain, or <c>host:port</c> of a configured next hop.</param>
/// <param name="OpenedAt">Since when nothing is dialled.</param>
/// <param name="Until">When it is tried again.</param>
/// <param name="Reason">The peer's words or ours, as last heard; hostile text.</param>
public sealed record OpenCircuit(string Destination, DateTimeOffset OpenedAt, DateTimeOffset Until, string Reason);

/// <summary>Asks which destinations are not tried for now; always as of the journal's last fact.</summary>
public sealed class CircuitQuery
{
    private readonly Database database;

    internal CircuitQuery(Database database) => this.database = database;

    /// <exception cref="Log.StoreUnavailableException">The store cannot be read now.</exception>
    public IReadOnlyList<OpenCircuit> All() => database.Read(tx => tx.All(
        "SELECT destination, opened_at_ms, until_ms, reason FROM open_circuit ORDER BY destination",
        row => new OpenCircuit(
            row.Text(0), DateTimeOffset.FromUnixTimeMilliseconds(row.Integer(1)), DateTimeOffset.FromUnixTimeMilliseconds(row.Integer(2)), row.Text(3))));
}

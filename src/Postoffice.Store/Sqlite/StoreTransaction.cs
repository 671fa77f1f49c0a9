using Microsoft.Data.Sqlite;

namespace Postoffice.Store.Sqlite;

/// <summary>
/// A connection inside one transaction, and the only way SQL is run. Its statements are prepared once and kept,
/// so a call costs a bind and a step. Used by one thread at a time.
/// </summary>
public sealed class StoreTransaction : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly Dictionary<string, Statement> statements = new(StringComparer.Ordinal);

    private readonly bool ownsConnection;

    internal StoreTransaction(SqliteConnection connection, bool ownsConnection = true)
    {
        this.connection = connection;
        this.ownsConnection = ownsConnection;
    }

    internal SqliteConnection Connection => connection;

    /// <summary>The instant at which this transaction records, UTC. One for the whole transaction.</summary>
    public DateTimeOffset Now { get; internal set; }

    /// <summary>Runs a statement; answers how many rows it changed.</summary>
    public int Run(string sql, params ReadOnlySpan<SqlValue> values)
    {
        var statement = Prepared(sql);
        statement.Begin(values);
        try
        {
            while (statement.Step()) { }
            return SQLitePCL.raw.sqlite3_changes(connection.Handle);
        }
        finally
        {
            statement.End();
        }
    }

    /// <summary>The first row, as <paramref name="read"/> makes it; null when there is none.</summary>
    public T? One<T>(string sql, Func<Row, T> read, params ReadOnlySpan<SqlValue> values) where T : class
    {
        var statement = Prepared(sql);
        statement.Begin(values);
        try
        {
            return statement.Step() ? read(new Row(statement)) : null;
        }
        finally
        {
            statement.End();
        }
    }

    /// <summary>The first column of the first row; null when there is no row or it is NULL.</summary>
    public long? Number(string sql, params ReadOnlySpan<SqlValue> values)
    {
        var statement = Prepared(sql);
        statement.Begin(values);
        try
        {
            return statement.Step() && !statement.IsNull(0) ? statement.Integer(0) : null;
        }
        finally
        {
            statement.End();
        }
    }

    /// <summary>Every row, as <paramref name="read"/> makes it.</summary>
    public List<T> All<T>(string sql, Func<Row, T> read, params ReadOnlySpan<SqlValue> values)
    {
        var rows = new List<T>();
        Each(sql, row => rows.Add(read(row)), values);
        return rows;
    }

    /// <summary>Shows every row to <paramref name="visit"/>; what a row hands out as span is gone with the next row.</summary>
    public void Each(string sql, Action<Row> visit, params ReadOnlySpan<SqlValue> values)
    {
        var statement = Prepared(sql);
        statement.Begin(values);
        try
        {
            while (statement.Step()) visit(new Row(statement));
        }
        finally
        {
            statement.End();
        }
    }

    public void Dispose()
    {
        foreach (var statement in statements.Values) statement.Dispose();
        if (ownsConnection) connection.Dispose();
    }

    private Statement Prepared(string sql)
    {
        if (statements.TryGetValue(sql, out var statement)) return statement;
        statement = new Statement(connection.Handle!, sql);
        statements.Add(sql, statement);
        return statement;
    }
}

/// <summary>A row being read. Columns count from 0; valid until the next row.</summary>
public readonly struct Row
{
    private readonly Statement statement;

    internal Row(Statement statement) => this.statement = statement;

    public long Integer(int column) => statement.Integer(column);
    public long? IntegerOrNull(int column) => statement.IsNull(column) ? null : statement.Integer(column);
    public string Text(int column) => statement.Text(column);
    public string? TextOrNull(int column) => statement.IsNull(column) ? null : statement.Text(column);
    public ReadOnlySpan<byte> Blob(int column) => statement.Blob(column);
    public bool IsNull(int column) => statement.IsNull(column);
}

using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Postoffice.Store.Sqlite;

/// <summary>
/// A prepared statement kept for the life of its connection. ADO.NET's commands prepare or allocate anew for each call and copy every
/// blob; here a call is bind, step, reset, and a blob is a span into SQLite's own memory. Not thread-safe, like its connection.
/// </summary>
internal sealed class Statement : IDisposable
{
    private readonly sqlite3 database;
    private readonly sqlite3_stmt statement;
    private bool running;

    public Statement(sqlite3 database, string sql)
    {
        this.database = database;
        Check(raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out statement), database);
    }

    /// <summary>Binds and readies the statement; <see cref="Step"/> runs it.</summary>
    public void Begin(ReadOnlySpan<SqlValue> values)
    {
        if (running) throw new InvalidOperationException("the statement is still being read");
        for (var i = 0; i < values.Length; i++) Check(Bind(i + 1, values[i]), database);
        running = true;
    }

    /// <returns>Whether there is a row to read.</returns>
    public bool Step()
    {
        var result = raw.sqlite3_step(statement);
        if (result is raw.SQLITE_ROW) return true;
        if (result is raw.SQLITE_DONE) return false;
        throw Failure(result, database);
    }

    public void End()
    {
        running = false;
        _ = raw.sqlite3_reset(statement); // repeats the error Step has thrown already
        _ = raw.sqlite3_clear_bindings(statement);
    }

    public bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;
    public long Integer(int column) => raw.sqlite3_column_int64(statement, column);
    public string Text(int column) => raw.sqlite3_column_text(statement, column).utf8_to_string();
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(statement, column);

    /// <summary>The column as a value of its own, which outlives the row. The tables are STRICT and hold no floating-point numbers.</summary>
    public SqlValue Value(int column) => raw.sqlite3_column_type(statement, column) switch
    {
        raw.SQLITE_INTEGER => Integer(column),
        raw.SQLITE_TEXT => Text(column),
        raw.SQLITE_BLOB => Blob(column).ToArray(),
        _ => SqlValue.Null,
    };

    public void Dispose() => statement.Dispose();

    internal static void Check(int result, sqlite3 database)
    {
        if (result != raw.SQLITE_OK) throw Failure(result, database);
    }

    internal static SqliteException Failure(int result, sqlite3 database)
    {
        var extended = raw.sqlite3_extended_errcode(database);
        return new SqliteException($"SQLite: {raw.sqlite3_errmsg(database).utf8_to_string()} ({extended})", result & 0xFF, extended);
    }

    private int Bind(int index, in SqlValue value) => value.Type switch
    {
        SqlValue.Kind.Integer => raw.sqlite3_bind_int64(statement, index, value.Integer),
        SqlValue.Kind.Text => raw.sqlite3_bind_text(statement, index, value.Text),
        SqlValue.Kind.Blob => raw.sqlite3_bind_blob(statement, index, value.Blob.Span),
        _ => raw.sqlite3_bind_null(statement, index),
    };
}

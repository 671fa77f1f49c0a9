using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Projections;

/// <summary>Reads a projection's table row by row in the order of its key.</summary>
internal sealed class RowCursor : IDisposable
{
    private readonly ProjectionTable table;
    private readonly Statement statement;

    public RowCursor(ProjectionTable table, StoreTransaction tx)
    {
        this.table = table;
        statement = new Statement(tx.Connection.Handle!, $"SELECT {table.ColumnList} FROM {table.Name} ORDER BY {table.KeyList}");
        statement.Begin([]);
        Next();
    }

    /// <summary>The row, a value for each column; null behind the last.</summary>
    public SqlValue[]? Current { get; private set; }

    public void Next() =>
        Current = statement.Step() ? [.. Enumerable.Range(0, table.Columns.Count).Select(statement.Value)] : null;

    /// <summary>Which of two rows comes first by the key; a missing row comes after every other.</summary>
    public static int CompareKeys(ProjectionTable table, SqlValue[]? left, SqlValue[]? right)
    {
        if (left is null || right is null) return (left is null ? 1 : 0) - (right is null ? 1 : 0);
        for (var i = 0; i < table.Key; i++)
        {
            var order = SqlValue.Compare(left[i], right[i]);
            if (order != 0) return order;
        }
        return 0;
    }

    public void Dispose()
    {
        statement.End();
        statement.Dispose();
    }
}

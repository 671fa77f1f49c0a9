using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Projections;

/// <summary>One key at which two tables differ.</summary>
/// <param name="Live">The row in use; null when it is missing.</param>
/// <param name="Expected">The row as the facts tell it; null when there should be none.</param>
internal sealed record RowDifference(ProjectionTable Table, SqlValue[]? Live, SqlValue[]? Expected)
{
    private SqlValue[] Either => Live ?? Expected!;

    /// <summary>The key for people, its columns separated by a slash.</summary>
    public string Key => string.Join('/', Either.Take(Table.Key));

    /// <summary>Makes the live row as it should be.</summary>
    public void Mend(StoreTransaction tx)
    {
        if (Live is not null)
        {
            var keys = string.Join(" AND ", Table.Columns.Take(Table.Key).Select((column, i) => $"{column} = ?{i + 1}"));
            tx.Run($"DELETE FROM {Table.Name} WHERE {keys}", Live.AsSpan(0, Table.Key));
        }
        if (Expected is null) return;
        var places = string.Join(", ", Table.Columns.Select((_, i) => $"?{i + 1}"));
        tx.Run($"INSERT INTO {Table.Name} ({Table.ColumnList}) VALUES ({places})", Expected);
    }

    public IEnumerable<ProjectionDifference> Told()
    {
        if (Live is null || Expected is null)
        {
            yield return new ProjectionDifference(Table.Name, Key, Column: null, Text(Live), Text(Expected));
            yield break;
        }
        for (var i = Table.Key; i < Table.Columns.Count; i++)
        {
            if (SqlValue.Compare(Live[i], Expected[i]) == 0) continue;
            yield return new ProjectionDifference(Table.Name, Key, Table.Columns[i], $"{Live[i]}", $"{Expected[i]}");
        }
    }

    private string? Text(SqlValue[]? row) =>
        row is null ? null : string.Join(", ", row.Select((value, i) => $"{Table.Columns[i]}={value}"));
}

/// <summary>Walks two tables of the same shape side by side, in the order of their key.</summary>
internal static class RowComparison
{
    /// <param name="differs">Called for each key at which they differ; must not change the live table.</param>
    /// <returns>Rows of the live table.</returns>
    public static long Run(ProjectionTable table, StoreTransaction live, StoreTransaction expected, Action<RowDifference> differs)
    {
        using var left = new RowCursor(table, live);
        using var right = new RowCursor(table, expected);
        long rows = 0;
        while (left.Current is not null || right.Current is not null)
        {
            var order = RowCursor.CompareKeys(table, left.Current, right.Current);
            var (inUse, wanted) = (order <= 0 ? left.Current : null, order >= 0 ? right.Current : null);
            if (inUse is null || wanted is null || !inUse.AsSpan().SequenceEqual(wanted)) differs(new RowDifference(table, inUse, wanted));
            if (inUse is not null)
            {
                rows++;
                left.Next();
            }
            if (wanted is not null) right.Next();
        }
        return rows;
    }
}

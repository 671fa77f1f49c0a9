using Postoffice.Store.Events;
using Postoffice.Store.Sqlite;

namespace Postoffice.Store.Projections;

/// <summary>A fold that leaves rows. Emptying its tables and folding the journal again gives the same rows.</summary>
public interface IProjection
{
    /// <summary>Names its checkpoint.</summary>
    string Name { get; }

    /// <summary>Of the fold, from 1; a new one in the program makes the rows be folded again from the start.</summary>
    int Version { get; }

    /// <summary>Folded inside the append's own transaction: what the runner acts on. Others follow and may lag.</summary>
    bool Inline { get; }

    /// <summary>Its tables, each with the columns that order its rows.</summary>
    IReadOnlyList<ProjectionTable> Tables { get; }

    /// <summary>Folds one fact into the rows; folding it twice leaves the same rows. Touches no table but its own.</summary>
    void Fold(RecordedEvent recorded, StoreTransaction tx);
}

/// <param name="Name">Table name.</param>
/// <param name="Columns">Every column, the key's first.</param>
/// <param name="Key">How many of the columns are the primary key.</param>
public sealed record ProjectionTable(string Name, IReadOnlyList<string> Columns, int Key)
{
    internal string ColumnList { get; } = string.Join(", ", Columns);
    internal string KeyList { get; } = string.Join(", ", Columns.Take(Key));
}

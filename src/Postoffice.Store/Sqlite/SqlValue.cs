namespace Postoffice.Store.Sqlite;

/// <summary>A bound parameter: SQL text never carries a value. Made by implicit conversion, so calls read as plain arguments.</summary>
public readonly struct SqlValue : IEquatable<SqlValue>
{
    internal enum Kind
    {
        Null,
        Integer,
        Text,
        Blob,
    }

    private SqlValue(Kind kind, long integer = 0, string? text = null, ReadOnlyMemory<byte> blob = default)
    {
        Type = kind;
        Integer = integer;
        Text = text;
        Blob = blob;
    }

    internal Kind Type { get; }
    internal long Integer { get; }
    internal string? Text { get; }
    internal ReadOnlyMemory<byte> Blob { get; }

    public static SqlValue Null => default;

    public static implicit operator SqlValue(long value) => new(Kind.Integer, value);
    public static implicit operator SqlValue(int value) => new(Kind.Integer, value);
    public static implicit operator SqlValue(long? value) => value is { } number ? number : Null;
    public static implicit operator SqlValue(int? value) => value is { } number ? number : Null;
    public static implicit operator SqlValue(string? value) => value is null ? Null : new(Kind.Text, text: value);
    public static implicit operator SqlValue(byte[] value) => new(Kind.Blob, blob: value);
    public static implicit operator SqlValue(ReadOnlyMemory<byte> value) => new(Kind.Blob, blob: value);

    /// <summary>SQLite's own order: NULL, numbers, text by its UTF-8 octets, blobs.</summary>
    internal static int Compare(in SqlValue left, in SqlValue right)
    {
        if (left.Type != right.Type) return left.Type.CompareTo(right.Type);
        return left.Type switch
        {
            Kind.Integer => left.Integer.CompareTo(right.Integer),
            Kind.Text => System.Text.Encoding.UTF8.GetBytes(left.Text!).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(right.Text!)),
            Kind.Blob => left.Blob.Span.SequenceCompareTo(right.Blob.Span),
            _ => 0,
        };
    }

    public bool Equals(SqlValue other) => Compare(this, other) == 0;
    public override bool Equals(object? obj) => obj is SqlValue other && Equals(other);
    public override int GetHashCode() => HashCode.Combine(Type, Integer, Text, Blob.Length);
    public static bool operator ==(SqlValue left, SqlValue right) => left.Equals(right);
    public static bool operator !=(SqlValue left, SqlValue right) => !left.Equals(right);

    /// <summary>For people.</summary>
    public override string ToString() => Type switch
    {
        Kind.Integer => $"{Integer}",
        Kind.Text => Text!,
        Kind.Blob => $"{Blob.Length} octets",
        _ => "NULL",
    };
}

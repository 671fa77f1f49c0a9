namespace Postoffice.Store.Sqlite;

/// <summary>A bound parameter: SQL text never carries a value. Made by implicit conversion, so calls read as plain arguments.</summary>
public readonly struct SqlValue
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
}

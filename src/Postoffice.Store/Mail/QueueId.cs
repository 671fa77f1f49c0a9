namespace Postoffice.Store.Mail;

/// <summary>
/// Names one message for life: 12 characters that sort as the messages came. 42 bits of milliseconds since 2020 (until 2159),
/// 18 bits that tell messages of one millisecond apart; Crockford's base 32, so no two characters look alike.
/// </summary>
public readonly record struct QueueId : IComparable<QueueId>
{
    /// <summary>Length of the written form.</summary>
    public const int Length = 12;

    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>The id as a number of at most 60 bits: the key of the message's content.</summary>
    public long Value { get; }

    public QueueId(long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(value, 1L << 60);
        Value = value;
    }

    public static bool TryParse(ReadOnlySpan<char> text, out QueueId id)
    {
        id = default;
        if (text.Length != Length) return false;
        long value = 0;
        foreach (var character in text)
        {
            var digit = Alphabet.IndexOf(char.ToUpperInvariant(character));
            if (digit < 0) return false;
            value = (value << 5) | (uint)digit;
        }
        id = new QueueId(value);
        return true;
    }

    /// <exception cref="FormatException">Not a queue id; for text that our own journal holds.</exception>
    public static QueueId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"Not a queue id: {text}");

    public int CompareTo(QueueId other) => Value.CompareTo(other.Value);

    public override string ToString() => string.Create(Length, Value, static (span, value) =>
    {
        for (var i = span.Length - 1; i >= 0; i--, value >>= 5) span[i] = Alphabet[(int)(value & 31)];
    });

    public static bool operator <(QueueId left, QueueId right) => left.Value < right.Value;
    public static bool operator >(QueueId left, QueueId right) => left.Value > right.Value;
    public static bool operator <=(QueueId left, QueueId right) => left.Value <= right.Value;
    public static bool operator >=(QueueId left, QueueId right) => left.Value >= right.Value;
}

using System.Security.Cryptography;

namespace Postoffice.Store.Mail;

/// <summary>
/// Makes queue ids that grow, also when the wall clock jumps back. Two processes may hit the same id within a millisecond
/// (1 in 262,144 for each pair): the append of the second then finds its stream taken and asks for another id.
/// </summary>
public sealed class QueueIdSource(TimeProvider clock)
{
    private const int LowBits = 18;
    private static readonly long Epoch = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
    private readonly Lock gate = new();
    private long last;

    /// <summary>The least id that can be made at this instant: those before it name earlier messages, as far as clocks are true.</summary>
    public static QueueId LeastOf(DateTimeOffset instant) =>
        new(Math.Clamp(instant.ToUnixTimeMilliseconds() - Epoch, 0, (1L << 42) - 1) << LowBits);

    public QueueId Next()
    {
        var milliseconds = Math.Clamp(clock.GetUtcNow().ToUnixTimeMilliseconds() - Epoch, 0, (1L << 42) - 1);
        var fresh = (milliseconds << LowBits) | (long)RandomNumberGenerator.GetInt32(1 << LowBits);
        lock (gate)
        {
            last = fresh > last ? fresh : last + 1;
            return new QueueId(last);
        }
    }
}
